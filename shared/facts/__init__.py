"""What one replica learns of the key, told to the others."""
