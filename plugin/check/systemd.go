package check

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/dbus"
	"golang.org/x/sys/unix"
)

// systemd speaks to systemd over its private socket, for which no bus daemon
// needs to run, else over the system's bus.
type systemd struct {
	conn *dbus.Conn
	run  func(ctx context.Context, name string, args ...string) (string, error)
}

func dialSystemd(ctx context.Context, m machine) (*systemd, error) {
	conn, err := dbus.NewSystemdConnectionContext(ctx)
	if err == nil {
		return &systemd{conn, m.run}, nil
	}
	conn, busErr := dbus.NewSystemConnectionContext(ctx)
	if busErr != nil {
		return nil, fmt.Errorf("speak to systemd: %w; over the system bus: %w", err, busErr)
	}
	return &systemd{conn, m.run}, nil
}

func (s *systemd) state(ctx context.Context) (string, error) {
	p, err := s.conn.SystemStateContext(ctx)
	if err != nil {
		return "", fmt.Errorf("state of the system: %w", err)
	}
	state, _ := p.Value.Value().(string)
	return state, nil
}

func (s *systemd) failed(ctx context.Context) ([]string, error) {
	units, err := s.conn.ListUnitsFilteredContext(ctx, []string{"failed"})
	if err != nil {
		return nil, fmt.Errorf("list failed units: %w", err)
	}
	var names []string
	for _, u := range units {
		names = append(names, u.Name)
	}
	slices.Sort(names)
	return names, nil
}

func (s *systemd) unit(ctx context.Context, name string) (unit, error) {
	p, err := s.conn.GetAllPropertiesContext(ctx, name)
	if err != nil {
		return unit{}, fmt.Errorf("state of %s: %w", name, err)
	}
	u := readProperties(name, p)
	u.Held = held(property[uint64](p, "StateChangeTimestampMonotonic"), monotonic())
	return u, nil
}

// held is the time from one moment of CLOCK_MONOTONIC to another, in
// microseconds; 0 where systemd never saw the first.
func held(since, now uint64) time.Duration {
	if since == 0 || now < since {
		return 0
	}
	return time.Duration(now-since) * time.Microsecond
}

// monotonic is CLOCK_MONOTONIC now, in microseconds: systemd's clock for what
// it tells as …TimestampMonotonic. 0 if it cannot be read.
func monotonic() uint64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return 0
	}
	return uint64(now.Nano()) / uint64(time.Microsecond)
}

func (s *systemd) restart(ctx context.Context, name string) (string, error) {
	done := make(chan string, 1)
	if _, err := s.conn.RestartUnitContext(ctx, name, "replace", done); err != nil {
		return "", fmt.Errorf("restart %s: %w", name, err)
	}
	select {
	case <-ctx.Done():
		return "", fmt.Errorf("restart %s: %w", name, ctx.Err())
	case how := <-done:
		return how, nil
	}
}

// act runs systemctl, which speaks of more than one of D-Bus's calls.
func (s *systemd) act(ctx context.Context, verb, name string) error {
	if verb == applyVerb {
		_, _ = s.run(ctx, "systemctl", "reset-failed", name) // one that did not fail
		verb = "restart"
	}
	_, err := s.run(ctx, "systemctl", verb, name)
	return err
}

// logs are the unit's lines of the journal. A journal that cannot be read is
// no evidence, and no fault.
func (s *systemd) logs(ctx context.Context, name string) []string {
	return s.journal(ctx, "-u", name, "-n", fmt.Sprint(evidenceLines))
}

func (s *systemd) errors(ctx context.Context, since time.Time) []string {
	args := []string{"-p", "err"}
	if !since.IsZero() {
		args = append(args, fmt.Sprintf("--since=@%d", since.Unix()))
	}
	return s.journal(ctx, args...)
}

func (s *systemd) journal(ctx context.Context, args ...string) []string {
	out, err := s.run(ctx, "journalctl", append([]string{"-q", "--no-pager", "-o", "short"}, args...)...)
	out = strings.TrimSpace(out)
	if err != nil || out == "" {
		return nil
	}
	return strings.Split(out, "\n")
}

// readProperties reads the D-Bus properties of a unit: org.freedesktop.systemd1(5).
func readProperties(name string, p map[string]any) unit {
	stopped, _ := p["RefuseManualStop"].(bool)
	condition, _ := p["ConditionResult"].(bool)
	asked, _ := p["ConditionTimestamp"].(uint64)
	reload, _ := p["NeedDaemonReload"].(bool)
	return unit{
		Name: name, LoadState: property[string](p, "LoadState"), ActiveState: property[string](p, "ActiveState"),
		SubState: property[string](p, "SubState"), FileState: property[string](p, "UnitFileState"),
		Result: property[string](p, "Result"), Type: property[string](p, "Type"), RestartPolicy: property[string](p, "Restart"),
		MainPID: property[uint32](p, "MainPID"), Restarts: property[uint32](p, "NRestarts"),
		ExitCode: property[int32](p, "ExecMainCode"), ExitStatus: property[int32](p, "ExecMainStatus"),
		ConditionFailed: asked != 0 && !condition, NoManualStop: stopped, Listen: readListen(p["Listen"]),
		NeedsReload: reload,
	}
}

// property is a property, or its zero value on units that have none such.
func property[T any](p map[string]any, name string) T {
	v, _ := p[name].(T)
	return v
}

// readListen reads the addresses of a socket unit: pairs of a kind, "Stream",
// and an address, "[::]:80".
func readListen(v any) []string {
	pairs, _ := v.([][]any)
	var addresses []string
	for _, pair := range pairs {
		if len(pair) != 2 {
			continue
		}
		addresses = append(addresses, fmt.Sprintf("%v %v", pair[0], pair[1]))
	}
	return addresses
}
