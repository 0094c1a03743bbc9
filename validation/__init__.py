"""Is it true? Checks of the model against published figures, theory and an independent reference (`make validate`).

Each part is a module with a function ``check`` that returns findings. What a finding must lie between was written
down beforehand, with its reason, in `tolerances.yaml`.
"""
