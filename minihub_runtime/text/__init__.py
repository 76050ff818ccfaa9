"""What the string ops stand on: flat buffers, hashes, Unicode, regular expressions.  Nothing here knows of ops."""
