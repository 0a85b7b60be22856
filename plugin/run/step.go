package run

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// exitTempFail is the exit code by which a recipe blames the host or its
// network: EX_TEMPFAIL of sysexits.h.
const exitTempFail = 75

// Exit codes by which a shell says that it could not run a command.
const (
	exitNotExecutable = 126
	exitNotFound      = 127
)

// step does one step. What it finds out goes into done.
func (j *job) step(ctx context.Context, s plan.Step, done *result.Phase) error {
	j.log.title(s.String())
	switch s := s.(type) {
	case plan.Exec:
		return j.exec(ctx, s, done)
	case plan.Look:
		return j.look(ctx, s, done)
	case plan.CopyIn:
		if s.What == plan.Finished {
			return j.copyFinished(ctx, s)
		}
		if err := j.copyIn(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
		return nil
	case plan.CopyOut:
		return j.copyOut(ctx, s)
	case plan.Boot:
		return j.boot(ctx, s, done)
	case plan.Ask:
		return j.askStep(ctx, s, done)
	case plan.AskChecks:
		return j.askChecks(ctx, s, done)
	case plan.WriteFiles:
		return j.writeFiles(ctx, s)
	case plan.Snapshot:
		return j.snapshot(ctx, s)
	case plan.Rewind:
		return j.rewind(ctx, s, done)
	case plan.Reboot:
		return j.reboot(ctx, s, done)
	case plan.StartService:
		return j.startService(ctx, s.Service)
	case plan.WaitReady:
		return j.waitReady(ctx, s.Service, done)
	}
	return fmt.Errorf("step %T: not one we know", s)
}

// start starts the job's container from the image its From job came by.
func (j *job) start(ctx context.Context, c plan.Container) (engine.ID, error) {
	j.mu.Lock()
	image := j.images[j.From]
	j.mu.Unlock()
	return j.startFrom(ctx, image, c)
}

func (j *job) startFrom(ctx context.Context, image engine.Image, c plan.Container) (engine.ID, error) {
	return j.engine.Start(ctx, j.group, engine.Spec{
		Name: string(j.Kind), Image: image.ID, Platform: j.Platform,
		Hostname: strings.NewReplacer("/", "-", ".", "-").Replace(j.Distro),
		Command:  c.Command, Env: c.Env, Tmpfs: c.Tmpfs,
		Rights: rights(c), Join: j.joined(),
		StopSignal: c.StopSignal, Reaper: c.Reaper,
		Limits: engine.Limits{CPUs: c.CPUs, Memory: c.Memory},
	})
}

func rights(c plan.Container) engine.Rights {
	return engine.Rights{Privileged: c.Privileged, CapAdd: c.CapAdd, Security: c.Security, OwnCgroup: c.OwnCgroup}
}

// exec runs a script and judges its exit code.
func (j *job) exec(ctx context.Context, s plan.Exec, done *result.Phase) error {
	out, err := j.script(ctx, s)
	if err != nil {
		return err
	}
	j.listen(s, out, done)
	return j.vacuous(s)
}

// script runs a script and returns the beginning of what it said.
func (j *job) script(ctx context.Context, s plan.Exec) (string, error) {
	j.tell("%s", s.Title)
	mark := j.log.lines()
	announced := head{room: maxAnnounced}
	exit, err := j.engine.Exec(ctx, j.id, engine.Cmd{
		Args: []string{"sh", "-euc", s.Script}, User: s.User, Dir: s.Dir, Env: j.envOf(s),
		Stdout: io.MultiWriter(j.log, &announced), Stderr: j.log,
	})
	j.log.flush()
	if err != nil {
		return "", fmt.Errorf("%s: %w", s.Title, err)
	}
	if exit.Code != 0 {
		return "", j.blame(ctx, s, exit.Code, mark)
	}
	return announced.String(), nil
}

// vacuous refuses an older version that is none: an upgrade from it would
// test nothing.
func (j *job) vacuous(s plan.Exec) error {
	if !s.Announces || !s.Older {
		return nil
	}
	if len(j.older) == 0 {
		return &failure{result.Problem{
			Title: "there is nothing to upgrade from", Lines: j.log.tail(), Log: j.log.here(),
			Hint: "test.upgrade_from must name an older version of the packages under test",
		}}
	}
	for _, p := range j.tested() {
		if slices.Contains(j.older, p) {
			return &failure{result.Problem{
				Title: fmt.Sprintf("there is nothing to upgrade: %s %s is the version under test as well", p.Name, p.Version),
				Hint:  "test.upgrade_from must name an older version",
			}}
		}
	}
	return nil
}

// maxAnnounced bounds what is read of a script's output, in bytes.
const maxAnnounced = 4 << 20

// head is the beginning of what is written to it.
type head struct {
	strings.Builder
	room int
}

func (h *head) Write(p []byte) (int, error) {
	_, _ = h.Builder.Write(p[:min(len(p), h.room)]) // never fails
	h.room -= min(len(p), h.room)
	return len(p), nil
}

// envOf is the step's environment with the packages under test.
func (j *job) envOf(s plan.Exec) map[string]string {
	if !s.Tested {
		return s.Env
	}
	var names []string
	for _, p := range j.versions(s.Older && !s.Announces) {
		if s.Exact {
			p.Name += "=" + p.Version
		}
		names = append(names, p.Name)
	}
	env := map[string]string{"DP_PACKAGES": strings.Join(names, " ")}
	maps.Copy(env, s.Env)
	return env
}

// blame makes a problem of a script that failed.
func (j *job) blame(ctx context.Context, s plan.Exec, code, mark int) error {
	p := j.log.digest(mark)
	p.Title = fmt.Sprintf("%s failed (exit %d)", s.Title, code)
	if why := exitWords(code); why != "" {
		p.Facts = append(p.Facts, result.Fact{Label: "why", Text: why})
	}
	if code == exitTempFail {
		return &fault{p}
	}
	said, _ := j.log.since(mark)
	if missing := unavailable(said); len(missing) > 0 {
		p.Facts, p.Hint = append(p.Facts, missing...), wayToDepend
		p.Lines = slices.DeleteFunc(p.Lines, func(line string) bool { return len(unavailable([]string{line})) > 0 })
	}
	if j.Kind == plan.Test {
		p.Lines = append(p.Lines, j.journal(ctx)...)
	}
	return &failure{p}
}

// exitWords says what the exit codes that are not a program's own mean.
func exitWords(code int) string {
	switch code {
	case exitTempFail:
		return "the host, its network or a mirror, not the package"
	case exitNotExecutable:
		return "found, but not executable"
	case exitNotFound:
		return "command not found"
	case 137:
		return "killed: out of memory?"
	case 143:
		return "terminated"
	}
	return ""
}

// journal is the last of the machine's journal, as evidence. Where it cannot
// be read there is none.
func (j *job) journal(ctx context.Context) []string {
	j.log.title("the machine's journal")
	mark := j.log.lines()
	_, err := j.engine.Exec(ctx, j.id, engine.Cmd{
		Args:   []string{"sh", "-c", "! command -v journalctl >/dev/null || journalctl -q -b -p notice -n 12 --no-pager -o short"},
		Stdout: j.log,
	})
	j.log.flush()
	if err != nil {
		return nil
	}
	lines, _ := j.log.since(mark)
	return lines
}

// listen reads what a recipe announces on its output.
func (j *job) listen(s plan.Exec, out string, done *result.Phase) {
	var dependencies []string
	for line := range strings.Lines(out) {
		word := strings.Fields(line)
		if len(word) == 2 && word[0] == "dependency" {
			dependencies = append(dependencies, word[1])
		}
		if len(word) == 3 && word[0] == "apart" {
			j.setApart(word[1], word[2], done)
		}
		if s.Announces && len(word) > 1 && word[0] == "version" {
			done.Notes = append(done.Notes, strings.Join(word, " "))
			j.tell("%s", strings.Join(word, " "))
		}
		if s.Announces && len(word) == 5 && word[0] == "package" && s.Older {
			j.older = append(j.older, check.Package{Name: word[1], Version: word[2]})
			continue
		}
		if s.Announces && len(word) == 5 && word[0] == "package" {
			o := j.output()
			o.packages = append(o.packages, check.Package{Name: word[1], Version: word[2]})
			o.announced = append(o.announced, result.Package{Name: word[1], Version: word[2], Arch: word[3], Path: word[4]})
		}
	}
	if len(dependencies) > 0 {
		done.Notes = append(done.Notes, fmt.Sprintf("%d dependencies: %s", len(dependencies), strings.Join(dependencies, ", ")))
	}
}

// setApart leaves a package out of the test, and says so: two packages of one
// source may exclude each other, and one machine then holds one of them.
func (j *job) setApart(name, other string, done *result.Phase) {
	j.apart = append(j.apart, name)
	c := result.Check{
		Kind: "package", Subject: name, Attribute: "installed", Outcome: result.Skipped, Warning: true,
		Found: "not tested: it cannot be installed beside " + other, Reason: "built packages that conflict with each other: the first in debian/control is tested",
	}
	done.Checks = append(done.Checks, c)
	j.say("%s %s: %s", marks[c.Outcome], name, c.Found)
}

// output is what this build job hands over.
func (j *job) output() *output {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.outputs[j.Name] == nil {
		j.outputs[j.Name] = &output{}
	}
	return j.outputs[j.Name]
}

// built are the outputs of the build jobs that this one needs, in order.
func (j *job) built() []*output {
	j.mu.Lock()
	defer j.mu.Unlock()
	var outs []*output
	for _, need := range j.Needs {
		if out := j.outputs[need]; out != nil {
			outs = append(outs, out)
		}
	}
	return outs
}

// tested are the packages under test.
func (j *job) tested() []check.Package {
	var all []check.Package
	for _, out := range j.built() {
		all = append(all, out.packages...)
	}
	return j.together(all)
}

// together are packages less those that cannot be installed beside the others.
func (j *job) together(all []check.Package) []check.Package {
	return slices.DeleteFunc(slices.Clone(all), func(p check.Package) bool { return slices.Contains(j.apart, p.Name) })
}

// versions are the packages under test, or the older ones.
func (j *job) versions(older bool) []check.Package {
	if older {
		return j.together(j.older)
	}
	return j.tested()
}

func (j *job) copyIn(ctx context.Context, s plan.CopyIn) error {
	switch s.What {
	case plan.Tree:
		from, err := reread(j.source)
		if err != nil {
			return err
		}
		return j.copyStream(ctx, s, from)
	case plan.Agent:
		return j.copyAgent(ctx)
	case plan.Control:
		return j.engine.CopyIn(ctx, j.id, s.Dir, tarOf(s.Files, 0o644))
	}
	for _, out := range j.built() {
		from, err := reread(out.tar)
		if err != nil {
			return err
		}
		if err := j.copyStream(ctx, s, from); err != nil {
			return err
		}
	}
	return nil
}

// copyStream copies what may be large.
func (j *job) copyStream(ctx context.Context, s plan.CopyIn, from io.Reader) error {
	return j.carry(s.String(), from, func(r io.Reader) error { return j.engine.CopyIn(ctx, j.id, s.Dir, r) })
}

// tarOf packs a few files.
func tarOf(files map[string]string, mode int64) io.Reader {
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		h := &tar.Header{Name: name, Mode: mode, Size: int64(len(files[name])), Typeflag: tar.TypeReg}
		// Writing to a buffer does not fail, and the sizes are right.
		_ = tw.WriteHeader(h)
		_, _ = io.WriteString(tw, files[name])
	}
	_ = tw.Close()
	return &b
}
