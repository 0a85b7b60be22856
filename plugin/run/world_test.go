package run_test

import (
	"archive/tar"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/engine/enginetest"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/run"
	"github.com/drone-packages/drone-packages/plugin/settings"
	"github.com/drone-packages/drone-packages/plugin/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a run on a fake engine, of a plan as plan.New makes it. Its zero
// behaviour is that all goes well; rules say what does not.
type world struct {
	t       *testing.T
	fake    *enginetest.Fake
	engine  engine.Engine
	in      plan.Input
	o       run.Options
	console *transcript
	dir     string
}

// newWorld is one package, greeter, for the distros named.
func newWorld(t *testing.T, names ...string) *world {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	w := &world{t: t, fake: &enginetest.Fake{}, in: input(names), console: &transcript{}, dir: dir}
	w.o = run.Options{
		Source: sourceTar, Dir: root, Console: w.console, Keep: "never",
		Agent: func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("the agent")), nil },
		Bootstrap: func(context.Context, plan.Bootstrap, string, io.Writer) (io.ReadCloser, error) {
			return nil, fmt.Errorf("no mirror here")
		},
	}
	w.engine = w.fake
	w.fake.Rules = []enginetest.Rule{indexed(), agent(nil)}
	return w
}

func input(names []string) plan.Input {
	in := plan.Input{
		Tool: "0.1.0", Run: "k7q2",
		Settings: settings.Settings{
			Source: ".", Output: "dist", Pull: "if-not-exists", ImageSource: "registry", Privileged: "auto",
			Timeout: settings.Duration(30 * time.Minute), BootTimeout: settings.Duration(time.Minute),
			// Reboots and upgrades have tests of their own.
			Test: settings.Test{Lifecycle: settings.List{"service", "check", "restart", "reinstall", "remove", "return", "purge"}},
		},
		Source:   source.Tree{Path: ".", Files: 1, Size: 20, Packages: []source.Package{{Name: "greeter", Format: "deb", Where: "debian", Dir: ".", Control: "Source: greeter\n"}}},
		Families: map[string]distros.Family{"debian": {Name: "debian", Format: "deb", Manager: "apt", Bootstrap: "mmdebstrap", Recipes: recipes()}},
		Host:     plan.Host{Engine: "fake", Version: "1.0", Platform: "linux/amd64", CPUs: 2, Memory: 4 << 30, Cgroup: "2"},
	}
	for _, name := range names {
		in.Distros = append(in.Distros, distros.Distro{Name: name, Family: "debian", Image: name + ":latest", Suite: name, Init: "systemd-sysv"})
	}
	return in
}

// recipes are scripts by which rules find them: "<build>".
func recipes() map[distros.Recipe]string {
	all := map[distros.Recipe]string{}
	for _, r := range []distros.Recipe{
		distros.Mirror, distros.Toolchain, distros.BuildDeps, distros.Version, distros.Build, distros.Index,
		distros.Machine, distros.Repository, distros.Dependencies,
		distros.Install, distros.Reinstall, distros.Remove, distros.Purge,
		distros.Service, distros.Older, distros.Upgrade, distros.Downgrade,
	} {
		all[r] = "<" + string(r) + ">"
	}
	return all
}

func sourceTar(w io.Writer) error {
	const control = "Source: greeter\n"
	tw := tar.NewWriter(w)
	if err := tw.WriteHeader(&tar.Header{Name: "debian/control", Mode: 0o644, Size: int64(len(control)), Typeflag: tar.TypeReg}); err != nil {
		return err
	}
	if _, err := io.WriteString(tw, control); err != nil {
		return err
	}
	return tw.Close()
}

// packages adds packages to the tree, by name; each is built by its own job.
func (w *world) packages(all map[string]settings.Package) {
	w.in.Source.Packages = nil
	w.in.Settings.Packages = map[string]settings.Package{}
	for name, p := range all {
		p.Deb = name + "/debian"
		w.in.Source.Packages = append(w.in.Source.Packages, source.Package{Name: name, Format: "deb", Where: p.Deb, Dir: path.Dir(p.Deb), Control: "Source: " + name + "\n"})
		w.in.Settings.Packages[name] = p
	}
}

// rule adds a rule before those there are.
func (w *world) rule(r enginetest.Rule) { w.fake.Rules = append([]enginetest.Rule{r}, w.fake.Rules...) }

// before has something done before a call of the engine whose line begins so:
// "pull ", "setup drone-packages-k7q2-debian-12-build".
func (w *world) before(call string, do func(ctx context.Context) error) {
	w.engine = hooked{w.fake, func(ctx context.Context, line string) error {
		if strings.HasPrefix(line, call) {
			return do(ctx)
		}
		return nil
	}}
}

// hangs waits for the end of a context.
func hangs(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func (w *world) plan() plan.Plan {
	w.t.Helper()
	p, err := plan.New(w.in)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// run runs the plan; whatever happened, nothing may be left on the engine.
func (w *world) run(ctx context.Context) result.Run {
	w.t.Helper()
	got := w.runKeeping(ctx)
	if left := w.fake.Left(); len(left) > 0 {
		w.t.Errorf("left on the engine: %q", left)
	}
	return got
}

func (w *world) runKeeping(ctx context.Context) result.Run {
	w.t.Helper()
	return w.runOf(ctx, w.plan().Jobs)
}

// refused is the error of a plan that cannot be run.
func (w *world) refused(p plan.Plan) error {
	_, err := run.Run(w.t.Context(), p, w.engine, w.o)
	return err
}

// runOf runs some of the plan's jobs, or others.
func (w *world) runOf(ctx context.Context, jobs []plan.Job) result.Run {
	w.t.Helper()
	p := w.plan()
	p.Jobs = jobs
	got, err := run.Run(ctx, p, w.engine, w.o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if w.t.Failed() {
			w.t.Logf("console:\n%s\njournal:\n%s", w.console, strings.Join(w.fake.Journal(), "\n"))
		}
	})
	return got
}

// says wants words on the console.
func (w *world) says(words ...string) {
	w.t.Helper()
	for _, want := range words {
		if !strings.Contains(w.console.String(), want) {
			w.t.Errorf("the console does not say %q", want)
		}
	}
}

// file is a file of the output directory.
func (w *world) file(name string) string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// asked are the journal's lines that contain a text.
func (w *world) asked(text string) []string {
	return slices.DeleteFunc(w.fake.Journal(), func(line string) bool { return !strings.Contains(line, text) })
}

// jobOf is a job of a run, by name.
func jobOf(t *testing.T, r result.Run, name string) result.Job {
	t.Helper()
	i := slices.IndexFunc(r.Jobs, func(j result.Job) bool { return j.Name == name })
	if i < 0 {
		t.Fatalf("no job %s", name)
	}
	return r.Jobs[i]
}

// phaseOf is a phase of a job, by name.
func phaseOf(t *testing.T, r result.Run, job, name string) result.Phase {
	t.Helper()
	j := jobOf(t, r, job)
	i := slices.IndexFunc(j.Phases, func(p result.Phase) bool { return p.Name == name })
	if i < 0 {
		t.Fatalf("%s has no phase %s: %+v", job, name, j)
	}
	return j.Phases[i]
}

// outcomes are a run's jobs by how they ended.
func outcomes(r result.Run) map[string]result.Outcome {
	all := map[string]result.Outcome{}
	for _, j := range r.Jobs {
		all[j.Name] = j.Outcome
	}
	return all
}

// indexed is the rule by which the index recipe finds a package built.
func indexed() enginetest.Rule {
	return enginetest.Rule{Match: "<index>", Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		out := c.Getenv("DP_OUT")
		name := filepath.Base(out)
		file := name + "_1.4.0_amd64.deb"
		c.WriteFile(out+"/"+file, name+"'s content")
		c.WriteFile(out+"/Packages", "the index")
		version := "1.4.0"
		if strings.Contains(out, "/older/") {
			version += "~older"
		}
		return engine.Exit{}, c.Print(fmt.Sprintf("package %s %s amd64 %s\n", name, version, file), "")
	}}
}

// usual is what an agent says of a package on which all is well.
func usual(r check.Request) []check.Answer {
	switch r.Question {
	case check.Services, check.Installed, check.Restart:
		return []check.Answer{found(result.Check{Kind: "package", Subject: "greeter", Outcome: result.Passed})}
	}
	return nil
}

// answer is what an agent says to a question.
type answer func(check.Request) []check.Answer

// agent is the rule for an agent that answers, then says that this was all.
func agent(a answer) enginetest.Rule {
	return enginetest.Rule{Match: check.AgentPath, Do: func(_ context.Context, c enginetest.Call) (engine.Exit, error) {
		var r check.Request
		if err := json.NewDecoder(c.Stdin).Decode(&r); err != nil {
			return engine.Exit{}, err
		}
		out := json.NewEncoder(c.Stdout)
		answers := usual(r)
		if a != nil {
			answers = a(r)
		}
		for _, each := range answers {
			if err := out.Encode(each); err != nil {
				return engine.Exit{}, err
			}
		}
		return engine.Exit{}, out.Encode(check.Answer{End: true})
	}}
}

// to is an agent that answers one question so, and the others as usual.
func to(q check.Question, answers ...check.Answer) enginetest.Rule {
	return agent(func(r check.Request) []check.Answer {
		if r.Question == q {
			return answers
		}
		return usual(r)
	})
}

func found(c result.Check) check.Answer { return check.Answer{Check: &c} }

// where says in which group of containers a command runs: DISTRO-KIND….
func where(c enginetest.Call) string {
	return strings.TrimPrefix(c.Group.Name, "drone-packages-k7q2-")
}

// transcript is what the user saw.
type transcript struct {
	mu   sync.Mutex
	b    strings.Builder
	word string
	then func()
}

// when calls a function once something was said.
func (c *transcript) when(word string, then func()) { c.word, c.then = word, then }

func (c *transcript) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.then != nil && strings.Contains(string(p), c.word) {
		c.then()
	}
	return c.b.Write(p)
}

func (c *transcript) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.b.String()
}
