"""One module per noun, each with a `router`. How to add one stands in `functions.api.app`."""
