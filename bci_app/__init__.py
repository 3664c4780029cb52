"""What runs.

``assembly.build(settings)`` makes an engine from a session file and ``engine.run(stop)`` runs it.
The daemon calls these two in its main thread; the desktop window runs the same two in a child process;
replay runs them with a recording as source. Imports point downward only:
``ui > bci_app > devices | models > pipelines``. No Qt is imported here.
"""
