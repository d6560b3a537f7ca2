"""Where results are kept between gradings, so that equal work is done once. What doesn't prove itself is never believed."""
