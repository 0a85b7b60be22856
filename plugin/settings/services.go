package settings

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

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
	// Entrypoint instead of the image's; the image's command is left out then.
	Entrypoint Words `yaml:"entrypoint"`
	// Command instead of the image's, or arguments for its entrypoint.
	Command Words `yaml:"command"`
	// Environment of the service.
	Environment Variables `yaml:"environment"`
	// EnvironmentFrom names variables of the plugin's own environment to pass on to it; their values are masked.
	EnvironmentFrom List `yaml:"environment_from"`
	// Files put in before it starts: content by absolute path.
	//
	// They are root's, mode 0644, or 0755 when they begin with #!.
	Files Map `yaml:"files" form:"path"`
	// Port that templates call .port.
	Port Int `yaml:"port" form:"port"`
	// Hostname it has itself. Default: its name.
	Hostname string `yaml:"hostname" form:"host"`
	// Aliases are further names it is reached by.
	Aliases List `yaml:"aliases" form:"host"`
	// Ready says how to see that it can be used; all that is set must hold.
	//
	// Default: what is known of the service, else that its port accepts
	// connections.
	Ready Ready `yaml:"ready"`
	// Shared starts one for all machines. Only where they do not get in each other's way.
	Shared Bool `yaml:"shared"`
	// From is a distro whose own packages make the service, instead of an image.
	//
	// Unless it has a command, it boots as test machines do, and its units
	// are started by its init.
	From string `yaml:"from"`
	// Install names those packages.
	Install List `yaml:"install"`
	// Prepare is a shell script run once, when the packages are installed and nothing runs yet.
	Prepare string `yaml:"prepare"`
}

// Ready are the ways to see that a service is ready; all that are set must
// hold. They are asked inside the machines' network.
type Ready struct {
	// TCP is a port that accepts connections.
	TCP Int `yaml:"tcp" form:"port"`
	// HTTP is PORT/PATH that answers 2xx or 3xx.
	HTTP string `yaml:"http" form:"address"`
	// Log is a regular expression for a line that it prints.
	Log string `yaml:"log" form:"pattern"`
	// Command is run in its container and exits with 0.
	Command Script `yaml:"command"`
	// Health asks the image's own health check.
	Health Bool `yaml:"health"`
	// Interval between two questions. Default: 500ms.
	Interval Duration `yaml:"interval"`
	// Deadline for all of them. Default: 60s, or what is known of the service.
	Deadline Duration `yaml:"deadline"`
}

// Kinds of values of services.
type (
	// Words is a command: a list of words, or one string that is split as a shell does, with nothing expanded.
	Words []string
	// Script is a shell script, or a list of words that are run without a shell.
	Script []string
)

// String is the script, or the words.
func (s Script) String() string {
	if len(s) == 3 && slices.Equal(s[:2], shell) {
		return s[2]
	}
	return strings.Join(s, " ")
}

var shell = []string{"sh", "-c"}

// resolve fills in what the plugin's environment holds of each service's.
func (s Services) resolve(env map[string]string) []error {
	var errs []error
	for _, name := range sortedKeys(s.Named) {
		one := s.Named[name]
		one.Environment = maps.Clone(one.Environment)
		for _, variable := range one.EnvironmentFrom {
			value, ok := env[variable]
			if !ok {
				errs = append(errs, fmt.Errorf("services.%s.environment_from: the variable %s is not set for this step", name, variable))
			}
			if one.Environment == nil {
				one.Environment = Variables{}
			}
			one.Environment[variable] = value
		}
		s.Named[name] = one
	}
	return errs
}

// secrets are the values that came from the plugin's environment.
func (s Services) secrets() []string {
	var secrets []string
	for _, name := range sortedKeys(s.Named) {
		for _, variable := range s.Named[name].EnvironmentFrom {
			secrets = append(secrets, s.Named[name].Environment[variable])
		}
	}
	return secrets
}

// ParseServices reads services from the text of a YAML file, strictly.
func ParseServices(name string, text []byte) (map[string]Service, []error) {
	var s Services
	errs := decodeYAML(reflect.ValueOf(&s).Elem(), name, text)
	return s.Named, errs
}
