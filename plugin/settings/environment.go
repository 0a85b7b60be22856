package settings

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/kelseyhightower/envconfig"
)

// aliases are other names of settings that users know from other plugins.
var aliases = map[string]string{
	"PLUGIN_DISTRO": "PLUGIN_DISTROS", "PLUGIN_PACKAGE": "PLUGIN_PACKAGES", "PLUGIN_PLATFORM": "PLUGIN_PLATFORMS",
	"PLUGIN_ARTIFACTS_DIR": "PLUGIN_OUTPUT", "PLUGIN_JOBS": "PLUGIN_PARALLEL",
	"PLUGIN_CONCURRENCY": "PLUGIN_PARALLEL", "PLUGIN_IMAGE": "PLUGIN_IMAGES",
	"PLUGIN_EXCLUDES": "PLUGIN_EXCLUDE", "PLUGIN_MIRRORS": "PLUGIN_MIRROR",
	"PLUGIN_BUILD_OPTION": "PLUGIN_BUILD_OPTIONS",
}

// foreign are PLUGIN_* variables that CI hosts set by themselves.
var foreign = []string{
	"PLUGIN_DEBUG", "PLUGIN_ARTIFACT_FILE", "PLUGIN_METADATA_FILE",
	"PLUGIN_CONTAINER_ID", "PLUGIN_TOKEN_FILE",
}

// normalize is the pre-pass over the environment: GitHub's INPUT_* become
// PLUGIN_*, dashes and dots underscores, other names ours, and what is empty
// is not set. It warns of names that are none.
func normalize(environ []string) (map[string]string, []string) {
	env := map[string]string{}
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		env[name] = value
	}
	for _, name := range sortedKeys(env) {
		rename(env, name)
	}
	for _, name := range sortedKeys(aliases) {
		moveTo(env, name, aliases[name])
	}
	if debug := strings.ToLower(env["PLUGIN_DEBUG"]); slices.Contains(trueWords, debug) && env["PLUGIN_LOG_LEVEL"] == "" {
		env["PLUGIN_LOG_LEVEL"] = "debug"
	}
	return env, unknown(env)
}

// rename gives one variable the name it would have on Drone, and drops it
// when it is empty.
func rename(env map[string]string, name string) {
	to := name
	if input, ok := strings.CutPrefix(name, "INPUT_"); ok {
		to = "PLUGIN_" + input
	}
	if !strings.HasPrefix(to, "PLUGIN_") {
		return
	}
	to = strings.ToUpper(strings.NewReplacer("-", "_", ".", "_", " ", "_").Replace(to))
	if strings.TrimSpace(env[name]) == "" {
		delete(env, name)
		return
	}
	moveTo(env, name, to)
}

// moveTo renames a variable unless the new name is taken.
func moveTo(env map[string]string, from, to string) {
	value, ok := env[from]
	if !ok || from == to {
		return
	}
	delete(env, from)
	if strings.TrimSpace(env[to]) == "" {
		env[to] = value
	}
}

// unknown warns of settings that are none. It is no error: CI hosts set
// PLUGIN_* variables of their own.
func unknown(env map[string]string) []string {
	var ours []string
	for _, f := range fields() {
		ours = append(ours, f.key)
	}
	var warnings []string
	for _, name := range sortedKeys(env) {
		key, plugin := strings.CutPrefix(name, "PLUGIN_")
		if key = strings.ToLower(key); !plugin || slices.Contains(ours, key) || slices.Contains(foreign, name) {
			continue
		}
		warning := name + " is no setting of ours"
		if near := nearest(key, ours); near != "" {
			warning += fmt.Sprintf(": did you mean PLUGIN_%s?", strings.ToUpper(near))
		}
		warnings = append(warnings, warning)
	}
	return warnings
}

// lookUp has envconfig read the settings' variables. All of them are strings
// to it: it stops at the first value it cannot decode, with that value in its
// message, while we want all problems at once and no secret in any. It reads
// the environment of the process, so what was normalized goes there first.
func lookUp(env map[string]string) (map[string]string, error) {
	all := fields()
	shape := make([]reflect.StructField, len(all))
	for i, f := range all {
		shape[i] = reflect.StructField{
			Name: fmt.Sprintf("F%d", i), Type: reflect.TypeFor[*string](),
			Tag: reflect.StructTag(fmt.Sprintf("envconfig:%q", f.variable)),
		}
		if err := setenv(f.variable, env); err != nil {
			return nil, fmt.Errorf("read the settings: %w", err)
		}
	}
	spec := reflect.New(reflect.StructOf(shape))
	if err := envconfig.Process("", spec.Interface()); err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	values := map[string]string{}
	for i, f := range all {
		if v := spec.Elem().Field(i); !v.IsNil() && env[f.variable] != "" {
			values[f.variable] = v.Elem().String()
		}
	}
	return values, nil
}

func setenv(name string, env map[string]string) error {
	if value, ok := env[name]; ok {
		return os.Setenv(name, value)
	}
	return os.Unsetenv(name)
}
