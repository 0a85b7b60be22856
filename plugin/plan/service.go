package plan

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drone-packages/drone-packages/plugin/settings"
)

// Service is one container that test machines reach by name.
type Service struct {
	// Name it is reached by.
	Name string
	// Image is the job that comes by its image; Source says in words what
	// that is.
	Image, Source string
	// Entrypoint and Args replace the image's own where they are set: an
	// entrypoint the command too.
	Entrypoint, Args []string
	Env, Files       map[string]string
	Hostname         string
	Aliases          []string
	Port             int
	Ready            []Probe
	// Interval between two questions and Deadline for all, of each Probe.
	Interval, Deadline time.Duration
	// Shared: one for all machines of the run.
	Shared bool
	// Boots: it is a machine with an init, from a distro's own packages, by
	// the first rung of Ladder that the host does not refuse.
	Boots  bool
	Ladder []Rung
	CPUs   float64
	Memory int64 // bytes
}

// Within is the deadline as people write it: 1m, not 1m0s.
func (s Service) Within() string {
	text := s.Deadline.String()
	if short, ok := strings.CutSuffix(text, "m0s"); ok {
		text = short + "m"
	}
	if short, ok := strings.CutSuffix(text, "h0m"); ok {
		text = short + "h"
	}
	return text
}

// ProbeKind is a way to see that a service is ready.
type ProbeKind string

// The kinds of probes. TCP and HTTP are asked from the test machine, since
// that is where the service will be used.
const (
	ProbeTCP     ProbeKind = "tcp"
	ProbeHTTP    ProbeKind = "http"
	ProbeLog     ProbeKind = "log"
	ProbeCommand ProbeKind = "command"
	ProbeHealth  ProbeKind = "health"
)

// Probe is one question of a service.
type Probe struct {
	Kind ProbeKind
	// Target is a port, PORT/PATH, a regular expression for a log, or what is
	// run in the service's container, in words.
	Target string
	// Args are what is run.
	Args []string
}

// String is the probe as the log and the report have it.
func (p Probe) String() string {
	if p.Kind == ProbeHealth {
		return "its image's health check"
	}
	return string(p.Kind) + " " + p.Target
}

// Defaults of readiness.
const (
	readyInterval = 500 * time.Millisecond
	readyDeadline = 60 * time.Second
)

//go:embed services.yml
var servicesFile []byte

// KnownServices are the services that need nothing but their name.
func KnownServices() (map[string]settings.Service, error) {
	known, errs := settings.ParseServices("services.yml", servicesFile)
	return known, errors.Join(errs...)
}

// completeService is a service with what is known of it filled in.
func completeService(name string, own settings.Service, known map[string]settings.Service, in Input) (settings.Service, error) {
	like := own.Like
	if like == "" {
		like = name
	}
	base, ok := known[like]
	if own.Like != "" && !ok {
		return own, fmt.Errorf("services.%s.like: %q is no known service; there are: %s", name, own.Like, strings.Join(sortedKeys(known), ", "))
	}
	s := mergeService(named(base, name), own)
	switch {
	case slices.ContainsFunc(append([]string{name}, own.Aliases...), isMachine):
		return s, fmt.Errorf("services.%s: the machines under test go by the name %s: give it another", name, Test)
	case s.Image == "" && s.From == "":
		return s, fmt.Errorf("services.%s: it is none of the known ones (%s): say its image, or from and install", name, strings.Join(sortedKeys(known), ", "))
	case own.Image != "" && own.From != "":
		return s, fmt.Errorf("services.%s: image and from exclude each other: say where it comes from once", name)
	case len(probesOf(s)) == 0 && in.Settings.Services.Compose != "":
		return s, fmt.Errorf("%s: services.%s: say how to see that it is ready: give it a healthcheck, or expose its port", in.Settings.Services.Compose, name)
	case len(probesOf(s)) == 0:
		return s, fmt.Errorf("services.%s.ready: say how to see that it is ready: tcp, http, log, command or health", name)
	}
	return s, nil
}

// mergeService puts one service on top of another. Environments are joined;
// readiness, once given, is all of it. Of a known service only the port holds
// for one that a distro's own packages make.
func mergeService(base, own settings.Service) settings.Service {
	if own.From != "" {
		base = settings.Service{Port: base.Port}
	}
	if own.Port != 0 && own.Port != base.Port { // what is known asks the other port
		base.Ready = settings.Ready{Deadline: base.Ready.Deadline}
	}
	s := own
	s.Environment = settings.Variables{}
	maps.Copy(s.Environment, base.Environment)
	maps.Copy(s.Environment, own.Environment)
	if s.Image == "" {
		s.Image = base.Image
	}
	if len(s.Command) == 0 && len(s.Entrypoint) == 0 {
		s.Command = base.Command
	}
	if s.Port == 0 {
		s.Port = base.Port
	}
	s.Ready = mergeReady(base.Ready, own.Ready, s.Port)
	return s
}

func mergeReady(base, own settings.Ready, port settings.Int) settings.Ready {
	r := own
	if !asks(r) {
		r = base
	}
	r.Interval, r.Deadline = cmp.Or(own.Interval, base.Interval), cmp.Or(own.Deadline, base.Deadline)
	if !asks(r) {
		r.TCP = port
	}
	return r
}

// asks says whether readiness has anything to ask.
func asks(r settings.Ready) bool { return len(probesOf(settings.Service{Ready: r})) > 0 }

// named is a known service whose environment has its name in it.
func named(known settings.Service, name string) settings.Service {
	env := settings.Variables{}
	for variable, value := range known.Environment {
		env[variable] = strings.ReplaceAll(value, "${name}", name)
	}
	known.Environment = env
	return known
}

// isMachine says whether a name is that of machines on their own network.
func isMachine(name string) bool { return strings.EqualFold(name, string(Test)) }

// probesOf are the ways to see that a service is ready, those first that say
// the most when they do not hold.
func probesOf(s settings.Service) []Probe {
	r := s.Ready
	var probes []Probe
	if r.Log != "" {
		probes = append(probes, Probe{Kind: ProbeLog, Target: r.Log})
	}
	if len(r.Command) > 0 {
		probes = append(probes, Probe{Kind: ProbeCommand, Target: r.Command.String(), Args: r.Command})
	}
	if r.HTTP != "" {
		probes = append(probes, Probe{Kind: ProbeHTTP, Target: r.HTTP})
	}
	if r.Health {
		probes = append(probes, Probe{Kind: ProbeHealth})
	}
	if r.TCP != 0 {
		probes = append(probes, Probe{Kind: ProbeTCP, Target: strconv.Itoa(int(r.TCP))})
	}
	return probes
}

// newService is what a run needs to know of a complete service.
func newService(name string, s settings.Service, in Input) Service {
	service := Service{
		Name: name, Image: imageJob(name, s), Source: sourceWords(s),
		Entrypoint: s.Entrypoint, Args: s.Command, Env: s.Environment, Files: s.Files,
		Hostname: s.Hostname, Aliases: s.Aliases, Port: int(s.Port),
		Ready:    probesOf(s),
		Interval: cmp.Or(time.Duration(s.Ready.Interval), readyInterval),
		Deadline: cmp.Or(time.Duration(s.Ready.Deadline), readyDeadline),
		Shared:   bool(s.Shared), Boots: s.From != "" && len(s.Command) == 0 && len(s.Entrypoint) == 0,
		CPUs: float64(in.Settings.CPUs), Memory: int64(in.Settings.Memory),
	}
	if service.Boots {
		service.Ladder = Ladder(in.Host, in.Settings.Privileged)
	}
	return service
}

func sourceWords(s settings.Service) string {
	if s.From != "" {
		return strings.Join(s.Install, ", ") + " of " + s.From
	}
	return s.Image
}
