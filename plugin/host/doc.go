// Package host knows the CI systems that call us: what each tells by its
// environment, and how each wants to be told. Detect finds the one we run on;
// a Log is its build log, with sections and annotations, and with foreign
// text that it never takes for a command; HandOver gives it the end of a run.
//
// It stands at both ends of the arrow and knows results only:
//
//	h := host.Detect(lookup)
//	log := h.Log(os.Stdout)
//	end := log.Section("build", "build and test")
//	...
//	end()
//	err := h.HandOver(log, run, host.Files{...})
package host
