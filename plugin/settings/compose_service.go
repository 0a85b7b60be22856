package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"
)

// convert makes services of a project's.
func (c *composeFile) convert(project *types.Project) (map[string]Service, []error) {
	all := Services{Named: map[string]Service{}}
	var errs []error
	for _, name := range sortedKeys(project.Services) {
		one, wrong := c.service(project.Services[name], project.Configs)
		all.Named[name] = one
		errs = append(errs, wrong...)
	}
	named := follow(c.node("services"))
	for i := 0; i+1 < len(named.Content); i += 2 {
		errs = append(errs, all.check(follow(named.Content[i]), place{file: c.name, path: "services"})...)
	}
	return all.Named, errs
}

// service makes one service of compose's.
func (c *composeFile) service(from types.ServiceConfig, configs types.Configs) (Service, []error) {
	s := Service{
		Image: from.Image, Entrypoint: Words(from.Entrypoint), Command: Words(from.Command),
		Hostname: from.Hostname, Aliases: aliasesOf(from), Port: portOf(from),
		Ready: readyOf(from.HealthCheck),
	}
	errs := c.environment(&s, from)
	errs = append(errs, c.files(&s, from, configs)...)
	for _, name := range sortedKeys(from.DependsOn) {
		if from.DependsOn[name].Condition == types.ServiceConditionCompletedSuccessfully {
			at := c.at("services", from.Name, "depends_on", name, "condition")
			errs = append(errs, fmt.Errorf("%s: all services are started at once and none is waited for to end", at))
		}
	}
	return s, errs
}

// aliasesOf are a service's further names, on whatever network.
func aliasesOf(from types.ServiceConfig) List {
	var aliases List
	for _, network := range sortedKeys(from.Networks) {
		if of := from.Networks[network]; of != nil {
			aliases = append(aliases, of.Aliases...)
		}
	}
	if from.ContainerName != "" && from.ContainerName != from.Name {
		aliases = append(aliases, from.ContainerName)
	}
	slices.Sort(aliases)
	return slices.Compact(aliases)
}

// portOf is the first TCP port that a service listens on, inside.
func portOf(from types.ServiceConfig) Int {
	for _, p := range from.Ports {
		if p.Protocol == "" || p.Protocol == "tcp" {
			return Int(p.Target)
		}
	}
	for _, p := range from.Expose {
		if port, err := strconv.Atoi(strings.TrimSuffix(p, "/tcp")); err == nil {
			return Int(port)
		}
	}
	return 0
}

// What a health check is that leaves it open.
const (
	healthInterval = 30 * time.Second
	healthTimeout  = 30 * time.Second
	healthRetries  = 3
	// askedAtLeast is how often we ask: health checks are written to watch,
	// and a machine waits.
	askedAtLeast = time.Second
)

// readyOf makes readiness of a health check. Without one it is what is known
// of the service, or its port.
func readyOf(check *types.HealthCheckConfig) Ready {
	if check == nil || check.Disable || len(check.Test) > 0 && check.Test[0] == "NONE" {
		return Ready{}
	}
	interval := durationOr(check.Interval, healthInterval)
	retries := uint64(healthRetries)
	if check.Retries != nil {
		retries = *check.Retries
	}
	patience := durationOr(check.StartPeriod, 0) + time.Duration(retries)*(interval+durationOr(check.Timeout, healthTimeout))
	r := Ready{Deadline: Duration(patience), Interval: Duration(min(durationOr(check.StartInterval, interval), askedAtLeast))}
	switch {
	case len(check.Test) == 0: // the image's own check, at another pace
		r.Health = true
	case check.Test[0] == "CMD-SHELL":
		r.Command = append(slices.Clone(shell), check.Test[1:]...)
	default:
		r.Command = Script(check.Test[1:])
	}
	return r
}

func durationOr(d *types.Duration, fallback time.Duration) time.Duration {
	if d == nil {
		return fallback
	}
	return time.Duration(*d)
}

// environment reads a service's variables: its files, then what it says
// itself. A name without a value is the step's variable.
func (c *composeFile) environment(s *Service, from types.ServiceConfig) []error {
	var errs []error
	s.Environment = Variables{}
	for i, file := range from.EnvFiles {
		values, err := c.envFile(file)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", c.at("services", from.Name, "env_file", strconv.Itoa(i)), err))
		}
		maps.Copy(s.Environment, values)
	}
	for _, name := range sortedKeys(from.Environment) {
		if value := from.Environment[name]; value != nil {
			s.Environment[name] = *value
			continue
		}
		if value, ok := c.lookup(name); ok {
			s.Environment[name] = value
			continue
		}
		if _, ok := c.step[name]; !ok {
			errs = append(errs, fmt.Errorf("%s: the variable %s has no value here, and is not set for this step", c.at("services", from.Name, "environment"), name))
			continue
		}
		s.EnvironmentFrom = append(s.EnvironmentFrom, name)
	}
	return errs
}

func (c *composeFile) envFile(file types.EnvFile) (map[string]string, error) {
	text, err := c.file(file.Path)
	if errors.Is(err, fs.ErrNotExist) && !bool(file.Required) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	values, err := dotenv.ParseWithLookup(bytes.NewReader(text), c.lookup)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file.Path, err)
	}
	return values, nil
}

// file reads a file of the workspace, named from where the compose file is.
func (c *composeFile) file(name string) ([]byte, error) {
	inside := path.Join(path.Dir(c.name), name)
	if path.IsAbs(name) || !fs.ValidPath(inside) {
		return nil, fmt.Errorf("found %q, wanted a file inside the workspace", name)
	}
	return fs.ReadFile(c.workspace, inside)
}

// files are the configs that are mounted into a service.
func (c *composeFile) files(s *Service, from types.ServiceConfig, configs types.Configs) []error {
	var errs []error
	for i, mount := range from.Configs {
		target := mount.Target
		if target == "" {
			target = "/" + mount.Source
		}
		content, err := c.config(configs[mount.Source])
		if err == nil && wantPath(target) != "" {
			err = fmt.Errorf("found %q, wanted %s", target, wantPath(target))
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", c.at("services", from.Name, "configs", strconv.Itoa(i)), err))
			continue
		}
		if s.Files == nil {
			s.Files = Map{}
		}
		s.Files[target] = content
	}
	return errs
}

// config is the content of a config.
func (c *composeFile) config(from types.ConfigObjConfig) (string, error) {
	if from.File != "" {
		text, err := c.file(from.File)
		return string(text), err
	}
	if from.Content == "" && from.Environment != "" {
		if value, ok := c.lookup(from.Environment); ok {
			return value, nil
		}
		return "", fmt.Errorf("the variable %s is not set: name it in environment_from", from.Environment)
	}
	return from.Content, nil
}
