-- Where the message of a run came to be, as W3C Trace Context writes it: a run that goes on elsewhere stays in its trace.
ALTER TABLE runs ADD COLUMN traceparent TEXT;
