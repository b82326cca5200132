"""What is fast is measured here, never in a timed test. Each measurement is a command, `python -m benchmarks.<name>`:

    up          a fresh clone to a page that answers; starting again; memory at rest
    events      a runner's POST to the watchers' frames
    admission   spawn requests on one limit
    stop        the kill switch under many real agents
    limits      random steps against every limit, judged at each admission
    issues      lists, boards and one issue, with few issues and with many
    pushes      one event to many watchers, at the sockets' door as AWS has it
    load        a team's load, 10 and 100 times that, under Lambda's rules
    agent_latency   an agent's line on its way to the control plane

Machines are noisy: what counts is the ratio to something simpler, measured in the same run. `make bench` runs them all.
"""
