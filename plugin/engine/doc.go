// Package engine is the contract with a container host. It names no
// technology: two thirds of it is the text that an implementation has to
// hold, and [enginetest.Suite] asks each of its sentences of every engine.
//
// On the arrow it stands beside run, which is its only caller:
//
//	settings -> plan -> run -> results -> reports
//	                     |
//	                   engine <- engine/docker
//
// A group is all that one job owns on the host:
//
//	g := engine.Group{Name: "k7q2-debian-12-build", Labels: labels}
//	if err := e.Setup(ctx, g); err != nil { … }
//	defer e.Destroy(context.WithoutCancel(ctx), g)
//	id, err := e.Start(ctx, g, engine.Spec{Name: "build", Image: image, …})
//	exit, err := e.Exec(ctx, id, engine.Cmd{Args: []string{"make"}, Stdout: w, Stderr: w})
package engine
