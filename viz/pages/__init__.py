"""The pages of the app, one a file: Streamlit runs the file from top to bottom."""
