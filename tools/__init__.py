"""Tools of the project's own: what makes the artifacts that DT6 ships. Not part of the installed package."""
