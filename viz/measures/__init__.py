"""Numbers from attention: pure numpy and pandas, no torch, no Streamlit."""
