"""What is seen: the desktop window. The only home of Qt."""
