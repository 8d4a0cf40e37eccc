"""Messaging: telling someone, the one place for it (Plan 五（八）, other support services).

Owns messages (the inbox of a person, an organisation or an officer) and their way through outside
channels: text message and e-mail. A message is written in the sender's transaction; a job brings
it out, again and again while the gateway does not answer, and once when it does. Templates are
said in Chinese and English and registered in code by the modules that send them. Without a gateway,
messages lie in an outbox folder that can be read in the browser while developing.

Stands below identity: recipients are ids, addresses come from the sender.
"""
