"""Workflow: anything people decide in steps, for every application.

Plan 五（九） (other application support services). Process definitions are BPMN 2.0, run by
SpiffWorkflow; rules are DMN tables; both are versioned and every instance pins its version. Tasks
of all applications stand in one inbox. Each instance has two clocks (statutory, promised) on the
working calendar, replayed from clock events, and a timeline that is only ever added to.

Owns process and decision versions, instances, work tasks, timers, delegations, clock events,
extension requests and the timeline. It does not know what a case is: an application starts a
process for a `Subject`, registers actions that service tasks run, and listens to the events.
"""
