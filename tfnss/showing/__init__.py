"""The page that `tfnss show` opens.

- `tabs`, `controls`: what there is to look at, and what can be set.
- `page`: how it is laid out, with Gradio.
- `server`: who may fetch it.
"""
