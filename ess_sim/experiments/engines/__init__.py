"""Where runs are computed: processes, executors, clusters."""
