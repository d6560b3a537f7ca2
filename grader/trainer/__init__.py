"""The trusted trainer: rebuilds what was ordered, trains and measures it. Never imports student code, nor TensorFlow by name."""
