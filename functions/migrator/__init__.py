"""The migrator: asked once by each deployment, before any function of it runs."""
