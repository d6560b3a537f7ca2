"""Which images and labels an order holds, compared with the course's datasets. Never trains."""
