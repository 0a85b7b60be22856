package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/host"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/report"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/run"
	"github.com/drone-packages/drone-packages/plugin/settings"
	"github.com/drone-packages/drone-packages/plugin/source"
)

// World is what main hands in: everything a run may touch of its process.
type World struct {
	// Version of this binary, and the path it was started from: it is copied
	// into test machines as their agent.
	Version, Executable string
	// Environ is the environment, Dir the workspace.
	Environ []string
	Dir     string
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	// Terminal puts the user's terminal into raw mode, if there is one, and
	// says its size.
	Terminal func() (size engine.Terminal, restore func())
	// Screen is how large the terminal is that Stdout is; nil: it is none.
	Screen func() (columns, rows int)
	// Flags of the command line win over the environment.
	Flags map[string]string
}

// Exec does what the settings ask for, start to end, in the words of the CI
// host. The error, if any, is already in the user's words; ExitCode makes the
// exit code of both.
func Exec(ctx context.Context, w World) (result.Outcome, error) {
	log := w.host().Log(w.Stdout)
	log.InRepository = w.inRepository
	w.Stdout = log
	outcome, err := carryOut(ctx, w, log)
	if err != nil {
		log.Annotate(host.Complaints(err)...)
	}
	return outcome, errors.Join(err, log.Close())
}

// carryOut is Exec on a log of the host's.
func carryOut(ctx context.Context, w World, log *host.Log) (result.Outcome, error) {
	s, err := open(ctx, w)
	if s != nil {
		defer s.close()
	}
	if err != nil {
		return result.Fault, err
	}
	log.Mask(s.settings.Secrets()...)
	p, err := s.plan(ctx)
	if err != nil {
		return result.Fault, err
	}
	end := log.Section("plan", "plan")
	fmt.Fprintln(w.Stdout, p)
	end()
	if s.settings.DryRun {
		fmt.Fprint(w.Stdout, p.Detail())
		return result.Passed, nil
	}
	end = log.Section("run", "build and test")
	happened, err := s.run(ctx, p)
	end()
	if err != nil {
		return result.Fault, err
	}
	happened = s.whole(happened)
	return happened.Outcome, errors.Join(s.report(happened), s.handOver(log, happened))
}

// handOver gives the end of the run to the CI host.
func (s *session) handOver(log *host.Log, happened result.Run) error {
	h := s.world.host()
	summary, err := s.outputDir.ReadFile(report.SummaryFile)
	return errors.Join(err, h.HandOver(log, happened, summary), h.Remember(""))
}

// Plan prints what Exec would do, or, in a format of host.MatrixFormats, the
// parts of it that machines can do by themselves. It wants no engine: without
// one it says what it assumes.
func Plan(ctx context.Context, w World, format string) error {
	s, err := open(ctx, w)
	if errors.Is(err, engine.ErrUnreachable) && s != nil {
		fmt.Fprintf(w.notes(format), "note: %v; assuming %s %s\n\n", engine.ErrUnreachable, assumedHost.Name, assumedHost.Platform)
		s.host, err = assumedHost, nil
	}
	if err != nil {
		return err
	}
	defer s.close()
	if format != textFormat {
		return s.matrix(ctx, format)
	}
	p, err := s.plan(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.Stdout, "%s\n%s", p, p.Detail())
	return nil
}

// run carries the plan out under guard: whatever becomes of this process,
// somebody removes what it made.
func (s *session) run(ctx context.Context, p plan.Plan) (result.Run, error) {
	agent, err := s.world.agent(s.host.Platform)
	if err != nil {
		return result.Run{}, err
	}
	_ = agent.Close() // each machine's is opened anew
	s.sweep(ctx)
	dir, owner, err := s.output()
	if err != nil {
		return result.Run{}, err
	}
	s.outputDir = dir
	if err := s.world.host().Remember(s.id); err != nil {
		return result.Run{}, err
	}
	guard, err := s.guard(ctx)
	if err != nil {
		return result.Run{}, err
	}
	defer guard.dismiss()
	return run.Run(ctx, p, s.engine, run.Options{
		Source: s.checkout.WriteTar, Files: s.checkout.Files(),
		Finished: func(ctx context.Context, name, format string) (io.ReadCloser, error) {
			return source.OpenFinished(ctx, s.world.Dir, name, format)
		},
		Agent: s.world.agent, Contents: contents,
		Dir: dir, Owner: owner,
		Console: s.world.Stdout, Verbose: s.verbose(), Live: s.world.live(),
		Login: s.login(), Secrets: s.settings.Secrets(),
		Keep: s.settings.Keep, FailFast: bool(s.settings.FailFast),
		Self: s.host.Self,
		Again: func(distro, only string) string {
			return s.world.host().Again(distro, only, s.host.Self != "", s.world.others()...)
		},
	})
}

// report writes the files and shows the end of the run.
func (s *session) report(happened result.Run) error {
	if err := report.Write(s.outputDir, happened, report.Names()); err != nil {
		return fmt.Errorf("write the reports: %w", err)
	}
	if err := s.ownReports(); err != nil {
		return fmt.Errorf("write the reports: %w", err)
	}
	return report.Console(s.world.Stdout, happened, s.style())
}

// verbose says whether every line of every job is shown.
func (s *session) verbose() bool {
	return s.settings.LogLevel == "debug" || s.settings.LogLevel == "trace"
}

// login is the registry's user, if one is set.
func (s *session) login() *engine.Login {
	if s.settings.Username == "" {
		return nil
	}
	return &engine.Login{Username: s.settings.Username, Password: s.settings.Password}
}

// style is how the console can show things.
func (s *session) style() report.Style {
	utf8 := true
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := s.world.lookup(name); v != "" {
			utf8 = strings.Contains(strings.ToLower(v), "utf")
			break
		}
	}
	noColor := s.world.lookup("NO_COLOR") != ""
	return report.Style{ASCII: !utf8 || noColor}
}

// live is the screen on which what is at work can be drawn: CI systems keep
// all that is written, and some people do not want their terminal driven.
func (w World) live() (size func() (columns, rows int)) {
	if w.lookup("NO_COLOR") != "" || w.lookup("TERM") == "dumb" || w.lookup("CI") != "" || w.host().Name != "local" {
		return nil
	}
	return w.Screen
}

// host is the CI system that called us.
func (w World) host() host.Host { return host.Detect(w.lookup) }

// Diagnostics is stderr on the CI host that an environment tells of: no line
// of it is taken for a command.
func Diagnostics(environ []string, stderr io.Writer) io.Writer {
	return World{Environ: environ}.host().Log(stderr)
}

// others are the variables that hold settings, but for those that say which
// part of the plan is done.
func (w World) others() []string {
	var names []string
	for _, kv := range w.Environ {
		name, value, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "PLUGIN_") && value != "" && !slices.Contains(partVariables, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// setBy says where the settings come from.
func (w World) setBy() string {
	var from []string
	for _, file := range settings.FileNames() {
		if w.lookup("PLUGIN_FILE") == "" && exists(filepath.Join(w.Dir, file)) {
			from = append(from, file)
			break
		}
	}
	for _, kv := range w.environ() {
		name, value, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "PLUGIN_") && value != "" && !slices.Contains(from, name) {
			from = append(from, name)
		}
	}
	if len(from) == 0 {
		return "none are set"
	}
	return "of " + strings.Join(from, ", ")
}

var partVariables = []string{"PLUGIN_DISTROS", "PLUGIN_ONLY", "PLUGIN_RERUN"}

// lookup is the value of a variable of the environment.
func (w World) lookup(name string) string {
	for _, kv := range w.Environ {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}
