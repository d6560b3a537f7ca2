"""What a student ordered: checked, rebuilt as a Keras model, and identified. Never trains, and runs no student code."""
