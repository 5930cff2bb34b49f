"""What people read: feedback, Gradescope's file, the course; and the answers they grade."""
