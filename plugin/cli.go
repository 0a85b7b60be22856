package plugin

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/drone-packages/drone-packages/plugin/apk"
	"github.com/drone-packages/drone-packages/plugin/check"
	"github.com/drone-packages/drone-packages/plugin/host"
	"github.com/drone-packages/drone-packages/plugin/result"
	"github.com/drone-packages/drone-packages/plugin/rpm"
)

// Command is the command line: a router and nothing else. A subcommand that
// made a result leaves its outcome.
func Command(w *World, outcome *result.Outcome) *cobra.Command {
	root := &cobra.Command{
		Use:   "drone-packages",
		Short: "Build native packages for many distros, install and test them on booted machines",
		Args:  unknownCommand, SilenceErrors: true, SilenceUsage: true,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			*outcome, err = Exec(c.Context(), *w)
			return err
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SuggestionsMinimumDistance = 2
	root.PersistentFlags().Var(setting{w, "PLUGIN_ONLY"}, "only", "do only DISTRO[/PACKAGE[/PHASE]], or build, or test")
	root.PersistentFlags().Var(setting{w, "PLUGIN_DISTROS"}, "distros", "distros, comma-separated")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &SettingsError{err} })
	root.AddCommand(
		planCommand(w), distrosCommand(w), reportCommand(w, outcome), cleanCommand(w),
		shellCommand(w), doctorCommand(w, outcome), versionCommand(w),
		agentCommand(w, outcome), watchdogCommand(w), watchOwnerCommand(w), cleanUpCommand(w),
	)
	return root
}

// unknownCommand makes a typo an error: it must never run the plugin.
func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("unknown command %q", args[0])
	for _, near := range c.SuggestionsFor(args[0]) {
		err = fmt.Errorf("%w: did you mean %q?", err, near)
	}
	return &SettingsError{Err: err}
}

// setting is a flag that sets a PLUGIN_* variable.
type setting struct {
	w    *World
	name string
}

func (s setting) String() string     { return "" }
func (s setting) Type() string       { return "list" }
func (s setting) Set(v string) error { s.w.Flags[s.name] = v; return nil }

func planCommand(w *World) *cobra.Command {
	format := textFormat
	c := &cobra.Command{
		Use: "plan", Short: "Print what a run would do, every step of it, or how it is split over machines", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return Plan(c.Context(), *w, format) },
	}
	c.Flags().StringVar(&format, "format", format, "text; for a job of each distro: "+strings.Join(host.MatrixFormats(), ", "))
	return c
}

func distrosCommand(w *World) *cobra.Command {
	return &cobra.Command{
		Use: "distros", Short: "List the distros known by name", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return Distros(c.Context(), *w) },
	}
}

func reportCommand(w *World, outcome *result.Outcome) *cobra.Command {
	var older string
	c := &cobra.Command{
		Use: "report [RESULTS.JSON]", Short: "Show the end of a run again, or what became of an older one", Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) (err error) {
			file := "dist/results.json"
			if len(args) > 0 {
				file = args[0]
			}
			*outcome, err = Report(*w, file, older)
			return err
		},
	}
	c.Flags().StringVar(&older, "compare", "", "the results.json of an older run: show what became red, green, slower, bigger")
	c.AddCommand(mergeCommand(w, outcome))
	return c
}

func mergeCommand(w *World, outcome *result.Outcome) *cobra.Command {
	var planned, output string
	c := &cobra.Command{
		Use: "merge --plan PLAN.JSON [DIR...]", Short: "Make one run of what shards reported, each in a folder of its own",
		RunE: func(_ *cobra.Command, dirs []string) (err error) {
			*outcome, err = Merge(*w, planned, dirs, output)
			return err
		},
	}
	c.Flags().StringVar(&planned, "plan", "", "what plan --format json printed: what is expected")
	c.Flags().StringVar(&output, "output", "dist", "the folder for packages, logs and reports of all of them")
	return c
}

func cleanCommand(w *World) *cobra.Command {
	var images bool
	c := &cobra.Command{
		Use: "clean", Short: "Remove every container, network and volume of ours", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return Clean(c.Context(), *w, images) },
	}
	c.Flags().BoolVar(&images, "images", false, "the cached images too")
	return c
}

func shellCommand(w *World) *cobra.Command {
	return &cobra.Command{
		Use: "shell [JOB]", Short: "Open a shell in a machine that was kept (keep: failed)", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			job := ""
			if len(args) > 0 {
				job = args[0]
			}
			size, restore := w.Terminal()
			defer restore()
			_, err := Shell(c.Context(), *w, job, size)
			return err
		},
	}
}

func doctorCommand(w *World, outcome *result.Outcome) *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Look at everything a run needs, and say what is wrong and what to do", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			*outcome, err = Doctor(c.Context(), *w)
			return err
		},
	}
}

func versionCommand(w *World) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(w.Stdout, w.Version)
			return err
		},
	}
}

// The rest is not for people: what we run inside machines and beside ourselves.

func agentCommand(w *World, outcome *result.Outcome) *cobra.Command {
	c := &cobra.Command{
		Use: "agent", Hidden: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return check.Serve(c.Context(), os.Stdin, w.Stdout)
		},
	}
	c.AddCommand(controlGroupsCommand(), &cobra.Command{
		Use: "space DIR", Short: "Print how many bytes are free where DIR is, and how many there are", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return tellSpace(w.Stdout, args[0]) },
	}, &cobra.Command{
		Use: "rpm-index DIR", Short: "Make a repository of the rpm files in DIR", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := rpm.Index(args[0])
			tellPackages(w, all)
			return blame(w, outcome, err)
		},
	}, &cobra.Command{
		Use: "rpm-older DIR OUT", Short: "Make, in OUT, older versions of the rpm files in DIR", Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := rpm.Older(args[0], args[1])
			tellPackages(w, all)
			if err == nil {
				_, err = rpm.Index(args[1])
			}
			return blame(w, outcome, err)
		},
	}, &cobra.Command{
		Use: "apk-older DIR OUT", Short: "Make, in OUT, older versions of the apk files in DIR", Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := apk.Older(args[0], args[1])
			for _, p := range all {
				fmt.Fprintln(w.Stdout, "made", p.File)
			}
			return blame(w, outcome, err)
		},
	})
	return c
}

func controlGroupsCommand() *cobra.Command {
	var mount bool
	c := &cobra.Command{
		Use: "control-groups", Short: "See whether control groups can be made", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return tryControlGroups(controlGroups, mount) },
	}
	c.Flags().BoolVar(&mount, "mount", false, "mount their tree first")
	return c
}

// blame makes of what is wrong with a package a failure that is its own: all
// else is the host's fault.
func blame(w *World, outcome *result.Outcome, err error) error {
	rpmError, apkError := (*rpm.PackageError)(nil), (*apk.PackageError)(nil)
	if errors.As(err, &rpmError) || errors.As(err, &apkError) {
		*outcome = result.Failed
		fmt.Fprintln(w.Stderr, err)
		return nil
	}
	return err
}

// tellPackages says which packages are to be tested, as the recipe Index does,
// and which are not, and why.
func tellPackages(w *World, all []rpm.Package) {
	for _, p := range all {
		switch {
		case p.LeftOut != "":
			fmt.Fprintf(w.Stderr, "left out %s, %s: %s\n", p.File, p.Version, p.LeftOut)
		case !p.Debug():
			fmt.Fprintf(w.Stdout, "package %s %s %s %s\n", p.Name, p.Version, p.Arch, p.File)
		}
	}
}

// CleanUpName is how we are called by a CI host to remove what a run left, when
// its job has ended: GitHub gives its post-entrypoint no arguments of its own.
const CleanUpName = "plugin-cleanup"

func cleanUpCommand(w *World) *cobra.Command {
	return &cobra.Command{
		Use: CleanUpName, Hidden: true, Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, _ []string) error { return CleanUp(c.Context(), *w) },
	}
}

func watchdogCommand(w *World) *cobra.Command {
	return &cobra.Command{
		Use: "watchdog RUN", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return Watchdog(c.Context(), *w, args[0]) },
	}
}

func watchOwnerCommand(w *World) *cobra.Command {
	return &cobra.Command{
		Use: "watch-owner RUN CONTAINER", Hidden: true, Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return WatchOwner(c.Context(), *w, args[0], args[1])
		},
	}
}
