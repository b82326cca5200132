"""Other people's APIs, thin. Nothing here knows a rule of ours."""
