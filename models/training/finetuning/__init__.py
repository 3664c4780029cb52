"""The parts of the task ``finetune``: its tables, its data, its network, its judgement."""
