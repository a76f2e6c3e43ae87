-- Copies everything that is alive into the file fresh, and closes it. Gives no result.
COPY FROM DATABASE est TO fresh;
DETACH fresh;
