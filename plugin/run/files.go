package run

import (
	"context"
	"fmt"
	"strings"

	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// writeScript writes its input to $DP_FILE, through what is there: owner and
// mode stay unless others are wanted.
const writeScript = `mkdir -p "$(dirname "$DP_FILE")"
cat >"$DP_FILE"
[ -z "$DP_MODE" ] || chmod "$DP_MODE" "$DP_FILE"
[ -z "$DP_OWNER" ] || chown "$DP_OWNER" "$DP_FILE"
`

// writeFiles renders the user's templates with what is known now, and writes
// them. It goes through a command, not an archive: /run and /tmp are tmpfs.
func (j *job) writeFiles(ctx context.Context, s plan.WriteFiles) error {
	j.say("%s", s)
	values := s.Values.With(versionsOf(j.tested()))
	for _, f := range s.Files {
		text, err := check.Render(f.Origin, f.Template, map[string]any(values))
		if err != nil {
			return &failure{result.Problem{Title: "the template of " + f.Path + " does not render", Lines: []string{err.Error()}}}
		}
		mark := j.log.lines()
		exit, err := j.engine.Exec(ctx, j.id, engine.Cmd{
			Args: []string{"sh", "-euc", writeScript}, Stdin: strings.NewReader(text), Stdout: j.log, Stderr: j.log,
			Env: map[string]string{"DP_FILE": f.Path, "DP_MODE": f.Mode, "DP_OWNER": f.Owner},
		})
		if err != nil {
			return fmt.Errorf("write %s: %w", f.Path, err)
		}
		if exit.Code != 0 {
			return j.blame(ctx, plan.Exec{Title: "write " + f.Path}, exit.Code, mark)
		}
	}
	return nil
}

// askChecks has the agent answer the user's checks.
func (j *job) askChecks(ctx context.Context, s plan.AskChecks, done *result.Phase) error {
	spec, err := plan.CompileChecks(s.Sources, s.Values.With(versionsOf(j.versions(s.Older))))
	if err != nil {
		return &failure{result.Problem{Title: "the checks cannot be read", Lines: strings.Split(err.Error(), "\n")}}
	}
	s.Request.Spec = &spec
	return j.ask(ctx, s.Request, j.versions(s.Older), done)
}

// versionsOf are versions by name, for templates.
func versionsOf(packages []check.Package) map[string]string {
	versions := map[string]string{}
	for _, p := range packages {
		versions[p.Name] = p.Version
	}
	return versions
}
