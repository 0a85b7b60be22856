package check

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// presetDirs are where presets are, those that win first: systemd.preset(5).
var presetDirs = []string{"/etc/systemd/system-preset", "/run/systemd/system-preset", "/usr/local/lib/systemd/system-preset", "/usr/lib/systemd/system-preset", "/lib/systemd/system-preset"}

// parsePresets reads which units a script leaves to the presets: those are
// Enabled, if these say so.
func parsePresets(script string) declared {
	var units []string
	script = strings.ReplaceAll(script, "\\\n", " ")
	for line := range strings.Lines(script) {
		for _, words := range shellCommands(line) {
			verb, names := readCommand(words)
			if verb == "preset" || verb == "install-system-units" {
				units = append(units, names...)
			}
		}
	}
	return declared{Enabled: distinct(units)}
}

// preset says whether the machine's presets enable a unit: the first line that
// matches its name decides, in the order of the files' names; one that no line
// matches is enabled.
func (m machine) preset(unit string) bool {
	for _, file := range m.presetFiles() {
		text, err := m.read(file)
		if err != nil {
			continue // it went away, or is a link to nothing: it says nothing
		}
		for line := range strings.Lines(text) {
			words := strings.Fields(line)
			if len(words) < 2 || words[0] != "enable" && words[0] != "disable" {
				continue
			}
			if ok, err := path.Match(words[1], unit); err == nil && ok {
				return words[0] == "enable"
			}
		}
	}
	return true
}

// presetFiles are the files that count, in their order: of several with one
// name, that of the first directory.
func (m machine) presetFiles() []string {
	byName := map[string]string{}
	for _, dir := range presetDirs {
		found, _ := filepath.Glob(m.at(dir + "/*.preset")) // the pattern is valid
		for _, file := range found {
			if name := filepath.Base(file); byName[name] == "" {
				byName[name] = path.Join(dir, name)
			}
		}
	}
	var names, files []string
	for name := range byName {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		files = append(files, byName[name])
	}
	return files
}

// manual says whether nobody but an administrator starts a unit of the
// packages: so it is where presets decide, unless a script of theirs does. Units
// that cannot be enabled are started by others.
func (m machine) manual(file string, started bool) bool {
	if !m.presets || started {
		return false
	}
	text, err := m.read(file)
	return err == nil && strings.Contains(text, "\n[Install]")
}
