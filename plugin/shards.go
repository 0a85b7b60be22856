package plugin

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/drone-packages/drone-packages/distros"
	"github.com/drone-packages/drone-packages/plugin/host"
	"github.com/drone-packages/drone-packages/plugin/plan"
	"github.com/drone-packages/drone-packages/plugin/result"
)

// textFormat is the plan as people read it.
const textFormat = "text"

// notes is where a plan's notes go: beside what programs read.
func (w World) notes(format string) io.Writer {
	if format == textFormat {
		return w.Stdout
	}
	return w.Stderr
}

// matrix prints the shards of the plan in a format.
func (s *session) matrix(ctx context.Context, format string) error {
	if !slices.Contains(host.MatrixFormats(), format) {
		return &SettingsError{host.Matrix(io.Discard, format, result.Expected{})}
	}
	req, err := s.readRequest(ctx)
	if err != nil {
		return err
	}
	for _, note := range req.notes {
		fmt.Fprintf(s.world.notes(format), "note: %s\n", note)
	}
	e, err := s.expected(req)
	if err != nil {
		return &SettingsError{err}
	}
	return host.Matrix(s.world.Stdout, format, e)
}

// expected is what a plan will have done, split into what each distro takes.
func (s *session) expected(req request) (result.Expected, error) {
	whole, err := plan.New(req.in)
	if err != nil {
		return result.Expected{}, err
	}
	e := result.Expected{
		Schema: result.ExpectedSchema, Version: req.in.Tool, ID: req.in.Run, Source: sourceOf(req.in), Jobs: plannedOf(whole),
	}
	for _, d := range req.distros {
		part := req.in
		part.Distros = s.onPlatforms(d)
		if !produces(whole, part.Distros) {
			continue
		}
		p, err := plan.New(part)
		if err != nil {
			return e, fmt.Errorf("%s by itself: %w", d.Name, err)
		}
		shard := result.Shard{Distro: d.Name}
		for _, j := range plannedOf(p) {
			shard.Jobs = append(shard.Jobs, j.Name)
		}
		e.Shards = append(e.Shards, shard)
	}
	return e, nil
}

func sourceOf(in plan.Input) result.Source {
	return result.Source{
		Path: in.Source.Path, Revision: in.Source.Revision, Version: in.Version, Files: in.Source.Files, Size: in.Source.Size,
	}
}

// produces says whether there is anything to do for some of these distros.
func produces(p plan.Plan, some []distros.Distro) bool {
	return slices.ContainsFunc(p.Jobs, func(j plan.Job) bool {
		return (j.Kind == plan.Build || j.Kind == plan.Fetch) &&
			slices.ContainsFunc(some, func(d distros.Distro) bool { return d.Name == j.Distro })
	})
}

// plannedOf are the jobs that a result of a plan has, in order: what is left out
// comes last.
func plannedOf(p plan.Plan) []result.Planned {
	var all []result.Planned
	add := func(j plan.Job) {
		all = append(all, result.Planned{
			Name: j.Name, Kind: string(j.Kind), Distro: j.Distro, BuiltFor: j.BuiltFor, Package: j.Package, Platform: j.Platform,
		})
	}
	for _, j := range p.Jobs {
		add(j)
	}
	for _, skip := range p.Skips {
		add(skip.Job)
	}
	return all
}
