package settings

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	bareNumber      = regexp.MustCompile(`^\d+(\.\d+)?$`)
	environmentName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// validate asks what no single value's type can tell, and resolves what the
// environment names.
func (s *Settings) validate(env map[string]string) []error {
	var errs []error
	for _, d := range s.Distros {
		if bareNumber.MatchString(d) {
			errs = append(errs, fmt.Errorf("distros: %q is a bare version: write the distro too, as \"debian-%s\" or \"ubuntu-%s\" (YAML reads a bare 22.10 as the number 22.1)", d, d, d))
		}
	}
	errs = append(errs, s.checkOutput()...)
	errs = append(errs, s.checkLifecycle()...)
	errs = append(errs, s.checkNeeds()...)
	errs = append(errs, s.checkInit()...)
	errs = append(errs, s.checkRevision()...)
	errs = append(errs, s.checkFinished()...)
	errs = append(errs, s.resolveEnvironment(env)...)
	return append(errs, s.Services.resolve(env)...)
}

// checkOutput keeps the output in the workspace: it is written as root, and
// removed by whoever cleans the workspace.
func (s *Settings) checkOutput() []error {
	clean := path.Clean(s.Output)
	if path.IsAbs(clean) || clean == "." || clean == ".." || strings.HasPrefix(clean, "../") {
		return []error{fmt.Errorf("output: found %q, wanted a directory inside the workspace, such as dist", s.Output)}
	}
	return nil
}

// inits are those that test machines may have.
var inits = []string{"systemd", "sysvinit", "openrc", "none"}

// checkInit knows them by name.
func (s *Settings) checkInit() []error {
	var errs []error
	for _, pattern := range sortedKeys(s.Init) {
		if found := s.Init[pattern]; !slices.Contains(inits, found) {
			errs = append(errs, fmt.Errorf("init.%s: found %q, wanted one of %s%s", pattern, found, strings.Join(inits, ", "), didYouMean(found, inits)))
		}
	}
	return errs
}

// RevisionFrom is the name of that setting, as origins and messages have it.
const RevisionFrom = "revision_from"

// checkRevision keeps it from giving a revision to what has one.
func (s *Settings) checkRevision() []error {
	if len(s.RevisionFrom) == 0 || !strings.Contains(s.Version, "-") {
		return nil
	}
	return []error{fmt.Errorf("%s: found version %q, which has a revision, wanted one without: leave out the revision, or %s", RevisionFrom, s.Version, RevisionFrom)}
}

// checkNeeds finds needs of packages that are not there, and cycles: each
// once, at the first of its names.
func (s *Settings) checkNeeds() []error {
	var errs []error
	names := sortedKeys(s.Packages)
	for _, name := range names {
		for _, need := range s.Packages[name].Needs {
			if _, ok := s.Packages[need]; !ok {
				errs = append(errs, fmt.Errorf("packages.%s.needs: there is no package %q%s", name, need, didYouMean(need, names)))
			}
		}
		if cycle := s.cycleFrom(name, nil); len(cycle) > 0 && slices.Min(cycle) == name {
			errs = append(errs, fmt.Errorf("packages.%s.needs: a cycle: %s", name, strings.Join(cycle, " needs ")))
		}
	}
	return errs
}

// cycleFrom is the way from a package back to itself, if there is one.
func (s *Settings) cycleFrom(name string, way []string) []string {
	way = append(slices.Clone(way), name)
	if len(way) > 1 && way[0] == name {
		return way
	}
	if slices.Index(way, name) != len(way)-1 {
		return nil // a cycle of others: told where it starts
	}
	for _, need := range s.Packages[name].Needs {
		if cycle := s.cycleFrom(need, way); cycle != nil {
			return cycle
		}
	}
	return nil
}

// resolveEnvironment makes BuildEnvironment.
func (s *Settings) resolveEnvironment(env map[string]string) []error {
	var errs []error
	s.BuildEnvironment = map[string]string{}
	for _, name := range sortedKeys(s.Environment) {
		if !environmentName.MatchString(name) {
			errs = append(errs, fmt.Errorf("environment: %q is no name of a variable: letters, digits and _ only", name))
		}
		s.BuildEnvironment[name] = s.Environment[name]
	}
	for _, name := range s.EnvironmentFrom {
		value, ok := env[name]
		if !ok {
			errs = append(errs, fmt.Errorf("environment_from: the variable %s is not set for this step", name))
		}
		s.BuildEnvironment[name] = value
	}
	return errs
}

// Secrets are values that must not be shown anywhere.
func (s *Settings) Secrets() []string {
	var secrets []string
	for _, f := range fields() {
		if f.secret {
			secrets = append(secrets, s.field(f).String())
		}
	}
	secrets = append(secrets, s.passwords()...)
	for _, name := range s.EnvironmentFrom {
		secrets = append(secrets, s.BuildEnvironment[name])
	}
	secrets = append(secrets, s.Services.secrets()...)
	return slices.DeleteFunc(secrets, func(v string) bool { return v == "" })
}
