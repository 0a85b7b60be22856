package plugin

// SocketHelp is what to mount where no engine answers, on this CI host.
func SocketHelp(environ []string) string { return World{Environ: environ}.host().Socket }
