"""What is learned, judged on a labelled set of its own."""
