"""What a new reporter needs: the form with its instruction, and a first source file."""
