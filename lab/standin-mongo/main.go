package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const port = "27017"

func main() {
	if err := start(filepath.Base(os.Args[0]), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "standin-mongo:", err)
		os.Exit(1)
	}
}

// start acts as the program it was called as.
func start(name string, args []string) error {
	if name == "mongosh" {
		return shell(args)
	}
	l, err := net.Listen("tcp", ":"+portOf(args))
	if err != nil {
		return err
	}
	fmt.Printf("Waiting for connections: a stand-in for MongoDB, which knows hello and ping, at %s\n", l.Addr())
	return listen(l)
}

// portOf is what --port says, as one word or two.
func portOf(args []string) string {
	for i, a := range args {
		if value, ok := strings.CutPrefix(a, "--port="); ok {
			return value
		}
		if a == "--port" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return port
}

func listen(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close() //nolint:errcheck // the other side has gone
			for serve(conn) == nil {
			}
		}()
	}
}

// shell asks the server on this machine.
func shell(args []string) error {
	if !strings.Contains(strings.Join(args, " "), "ping") {
		return errors.New("a stand-in for mongosh: it knows ping only")
	}
	conn, err := net.DialTimeout("tcp", "127.0.0.1:"+portOf(args), 5*time.Second)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it was only asked
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	if err := ask(conn, "ping"); err != nil {
		return err
	}
	fmt.Println("{ ok: 1 }")
	return nil
}
