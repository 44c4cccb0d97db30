"""What Baidu pushes to the third-party platform: opened, understood, and taken once."""
