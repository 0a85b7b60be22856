// Command drone-packages builds native packages for many distributions,
// installs them on booted machines and takes them through their lifecycle.
// Without a subcommand it is the CI plugin, configured by PLUGIN_* variables
// and packages.yml.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/sirupsen/logrus"
	"golang.org/x/term"

	"github.com/drone-packages/drone-packages/plugin"
	"github.com/drone-packages/drone-packages/plugin/engine"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := execute(ctx)
	stop()
	os.Exit(code)
}

// execute runs the command line and returns the exit code.
func execute(ctx context.Context) int {
	stderr := plugin.Diagnostics(os.Environ(), os.Stderr)
	logrus.SetOutput(stderr)
	world, err := newWorld()
	if err != nil {
		logrus.Error(err)
		return result.ExitFault
	}
	world.Stderr = stderr
	outcome := result.Passed
	root := plugin.Command(&world, &outcome) //nolint:contextcheck // cobra hands the context of ExecuteContext to each command
	if filepath.Base(os.Args[0]) == plugin.CleanUpName {
		root.SetArgs([]string{plugin.CleanUpName})
	}
	err = root.ExecuteContext(ctx)
	if err == nil {
		return result.ExitCode(outcome)
	}
	fmt.Fprintf(stderr, "drone-packages: %v\n", err)
	return errorCode(ctx, err)
}

// errorCode is the exit code of what never became a result.
func errorCode(ctx context.Context, err error) int {
	var user *plugin.SettingsError
	switch {
	case ctx.Err() != nil:
		return result.ExitCancelled
	case errors.As(err, &user):
		return result.ExitSettings
	case errors.Is(err, engine.ErrUnreachable):
		fmt.Fprintln(os.Stderr, plugin.SocketHelp(os.Environ()))
	}
	return result.ExitFault
}

func newWorld() (plugin.World, error) {
	exe, err := os.Executable()
	if err != nil {
		return plugin.World{}, fmt.Errorf("find our own binary: %w", err)
	}
	dir, err := os.Getwd()
	if err != nil {
		return plugin.World{}, fmt.Errorf("find the workspace: %w", err)
	}
	return plugin.World{
		Version: version, Executable: exe, Environ: os.Environ(), Dir: dir,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Terminal: terminal, Screen: screen(), Flags: map[string]string{},
	}, nil
}

// screen says how large the terminal is that shows what we write; nil: it goes
// elsewhere.
func screen() func() (columns, rows int) {
	fd := int(os.Stdout.Fd())
	if !term.IsTerminal(fd) {
		return nil
	}
	return func() (columns, rows int) {
		columns, rows, err := term.GetSize(fd)
		if err != nil {
			return 0, 0
		}
		return columns, rows
	}
}

// terminal puts the user's terminal into raw mode, if it is one.
func terminal() (size engine.Terminal, restore func()) {
	fd := int(os.Stdin.Fd())
	state, err := term.MakeRaw(fd)
	if err != nil {
		return engine.Terminal{Rows: 24, Columns: 80}, func() {}
	}
	size = engine.Terminal{Rows: 24, Columns: 80}
	if columns, rows, err := term.GetSize(fd); err == nil {
		size = engine.Terminal{Rows: uint(rows), Columns: uint(columns)}
	}
	return size, func() { _ = term.Restore(fd, state) }
}
