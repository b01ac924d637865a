"""The wire: ActivityStreams documents in and out. Pure; the only home of wire names."""
