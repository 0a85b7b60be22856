package settings

import "reflect"

// Services are the containers that test machines reach by name: a mapping of
// names, or the path of a compose file that defines them.
type Services struct {
	// Compose is the file's path, if that is what was given.
	Compose string
	// Named are the services by name.
	Named map[string]Service
}

// Service is one of them. A known one (rabbitmq, postgres, redis …) needs
// nothing more than its name; what is set here goes on top of what is known.
type Service struct {
	// Image to run.
	Image string `yaml:"image"`
	// Like is the known service this one is like, when its name is another.
	Like string `yaml:"like"`
	// Entrypoint instead of the image's.
	Entrypoint Words `yaml:"entrypoint"`
	// Command instead of the image's, or arguments for its entrypoint.
	Command Words `yaml:"command"`
	// Environment of the service.
	Environment Variables `yaml:"environment"`
	// Files put in before it starts: content by path.
	Files Map `yaml:"files"`
	// Port that templates call .port.
	Port Int `yaml:"port"`
	// Hostname it has itself. Default: its name.
	Hostname string `yaml:"hostname"`
	// Aliases are further names it is reached by.
	Aliases List `yaml:"aliases"`
	// Ready says how to see that it can be used.
	Ready Ready `yaml:"ready"`
	// Shared starts one for all machines. Only where they do not get in each other's way.
	Shared Bool `yaml:"shared"`
	// From is a distro whose own packages make the service, and Install their names.
	From    string `yaml:"from"`
	Install List   `yaml:"install"`
	// Prepare is a shell script run in that image once, after the packages are installed.
	Prepare string `yaml:"prepare"`
}

// Ready are the ways to see that a service is ready; all that are set must
// hold. They are asked inside the machines' network.
type Ready struct {
	// TCP port that accepts connections.
	TCP Int `yaml:"tcp"`
	// HTTP is PORT/PATH that answers 2xx or 3xx.
	HTTP string `yaml:"http"`
	// Log is a regular expression for a line that it prints.
	Log string `yaml:"log"`
	// Command run in its container that exits with 0.
	Command string `yaml:"command"`
	// Health asks the image's own health check.
	Health Bool `yaml:"health"`
	// Interval between two questions, and Deadline for all of them.
	Interval Duration `yaml:"interval"`
	Deadline Duration `yaml:"deadline"`
}

// Words is a command: a list, or one string that is split as a shell does.
type Words []string

// ParseServices reads services from the text of a YAML file, strictly.
func ParseServices(name string, text []byte) (map[string]Service, []error) {
	var s Services
	errs := decodeYAML(reflect.ValueOf(&s).Elem(), name, text)
	return s.Named, errs
}
