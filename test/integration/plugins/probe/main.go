// docker-machine-driver-probe: a driver plugin as docker/machine's libmachine makes one, on encoding/gob and net/rpc alone, that
// misbehaves as told. The program's own name says how: docker-machine-driver-probe-crash, -garbage, -v0 and so on.
package main

import (
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/rpc"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// As mcnflag and rpcdriver have them: gob knows types by these names and fields.
type Flag interface{}
type StringFlag struct{ Name, Usage, EnvVar, Value string }
type StringSliceFlag struct {
	Name, Usage, EnvVar string
	Value               []string
}
type IntFlag struct {
	Name, Usage, EnvVar string
	Value               int
}
type BoolFlag struct{ Name, Usage, EnvVar string }
type RPCFlags struct{ Values map[string]interface{} }

type State struct {
	IPAddress, MachineName, SSHUser string
	SSHPort                         int
	SSHKeyPath, StorePath           string
	SwarmMaster                     bool
	SwarmHost, SwarmDiscovery       string
	// Keys that JavaScript would reorder, numbers that it would round.
	Z        string  `json:"10"`
	A        string  `json:"9"`
	Largest  int64   `json:"Largest"`
	Unsigned uint64  `json:"Unsigned"`
	Float    float64 `json:"Float"`
	Markup   string  `json:"Markup"`
	Nothing  *string `json:"Nothing"`
	Flags    map[string]interface{}
	ServerID string
	Folder   string
	Made     []string
}

type Driver struct {
	state State
	beats chan bool
	ends  chan bool
}

type Empty = struct{}

func how() string {
	return strings.TrimPrefix(filepath.Base(os.Args[0]), "docker-machine-driver-probe")
}

func (d *Driver) GetVersion(_ *Empty, reply *int) error {
	*reply = 1
	if how() == "-future" {
		*reply = 2
	}
	return nil
}
func (d *Driver) Heartbeat(_ *Empty, _ *Empty) error { d.beats <- true; return nil }
func (d *Driver) Close(_ *Empty, _ *Empty) error {
	if how() != "-stays" {
		d.ends <- true
	}
	return nil
}
func (d *Driver) SetConfigRaw(data []byte, _ *Empty) error { return json.Unmarshal(data, &d.state) }
func (d *Driver) GetConfigRaw(_ *Empty, reply *[]byte) error {
	var err error
	*reply, err = json.Marshal(d.state)
	if how() == "-nostate" {
		*reply = []byte("[1")
	}
	return err
}
func (d *Driver) GetCreateFlags(_ *Empty, reply *[]Flag) error {
	*reply = []Flag{
		StringFlag{Name: "probe-folder", Usage: "Folder that stands for the cloud", EnvVar: "PROBE_FOLDER"},
		&StringFlag{Name: "probe-text", Usage: "A text", Value: "as it <is>"},
		IntFlag{Name: "probe-int", Usage: "A number", EnvVar: "PROBE_INT", Value: 4096},
		IntFlag{Name: "probe-zero", Usage: "A number without a default"},
		BoolFlag{Name: "probe-bool", Usage: "A switch", EnvVar: "PROBE_BOOL"},
		StringSliceFlag{Name: "probe-list", Usage: "Several texts", Value: []string{"a", "b"}},
		StringSliceFlag{Name: "probe-none", Usage: "Several texts, none to begin with"},
		StringFlag{Name: "probe-token", Usage: "A secret"},
		StringFlag{Name: "probe-do", Usage: "What create does"},
	}
	return nil
}
func (d *Driver) SetConfigFromFlags(flags *interface{}, _ *Empty) error {
	values, ok := (*flags).(*RPCFlags)
	if !ok {
		return fmt.Errorf("flags are a %T", *flags)
	}
	d.state.Flags = map[string]interface{}{}
	for name, value := range values.Values {
		d.state.Flags[name] = fmt.Sprintf("%T %v", value, value)
	}
	d.state.Folder = values.Values["probe-folder"].(string)
	d.state.SwarmHost = values.Values["swarm-host"].(string)
	d.state.Z, d.state.A, d.state.Markup = "first", "second", "<&>\u2028"
	d.state.Largest, d.state.Unsigned, d.state.Float = -9223372036854775808, 18446744073709551615, 1e-9
	fmt.Println("flags were read")
	fmt.Fprintln(os.Stderr, "a line for developers with "+values.Values["probe-token"].(string))
	if d.state.Folder == "" {
		return errors.New("probe driver requires the --probe-folder option")
	}
	return nil
}

func (d *Driver) server() string { return filepath.Join(d.state.Folder, d.state.MachineName) }
func (d *Driver) write(word string) error {
	return os.WriteFile(d.server(), []byte(word), 0600)
}
func (d *Driver) PreCreateCheck(_ *Empty, _ *Empty) error {
	if _, err := os.Stat(d.state.Folder); err != nil {
		return errors.New("there is no such cloud")
	}
	return nil
}
func (d *Driver) Create(_ *Empty, _ *Empty) error {
	d.state.ServerID = "server-" + d.state.MachineName
	d.state.IPAddress = "127.0.0.1"
	if err := d.write("Running"); err != nil {
		return err
	}
	fmt.Println("Creating the server...")
	switch do, _ := d.state.Flags["probe-do"].(string); strings.TrimPrefix(do, "string ") {
	case "fail":
		return errors.New("the cloud has no room")
	case "panic":
		var nothing *State
		nothing.IPAddress = "x"
		time.Sleep(time.Second)
	case "exit":
		os.Exit(7)
	case "wait":
		time.Sleep(time.Hour)
	case "stop":
		syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	}
	return nil
}
func (d *Driver) Remove(_ *Empty, _ *Empty) error {
	if d.state.ServerID == "" {
		return nil
	}
	if err := os.Remove(d.server()); err != nil && !os.IsNotExist(err) {
		return err
	}
	d.state.ServerID = ""
	return nil
}
func (d *Driver) Start(_ *Empty, _ *Empty) error   { return d.write("Running") }
func (d *Driver) Restart(_ *Empty, _ *Empty) error { return d.write("Running") }
func (d *Driver) Kill(_ *Empty, _ *Empty) error    { return d.write("Stopped") }
func (d *Driver) Stop(_ *Empty, _ *Empty) error {
	go func() { // as clouds do: later
		time.Sleep(300 * time.Millisecond)
		d.write("Stopped")
	}()
	return nil
}
func (d *Driver) GetState(_ *Empty, reply *int) error {
	if how() == "-hang" {
		time.Sleep(time.Hour)
	}
	word, err := os.ReadFile(d.server())
	if err != nil {
		return err
	}
	*reply = map[string]int{"Running": 1, "Paused": 2, "Saved": 3, "Stopped": 4, "Stopping": 5, "Starting": 6, "Error": 7}[string(word)]
	return nil
}
func (d *Driver) GetURL(_ *Empty, reply *string) error {
	var state int
	if err := d.GetState(nil, &state); err != nil {
		return err
	}
	if state != 1 {
		return errors.New("Host is not running")
	}
	*reply = "tcp://" + d.state.IPAddress + ":2376"
	return nil
}
func (d *Driver) GetIP(_ *Empty, reply *string) error {
	if d.state.IPAddress == "" {
		return errors.New("IP address is not set")
	}
	*reply = d.state.IPAddress
	return nil
}
func (d *Driver) GetSSHHostname(_ *Empty, reply *string) error { return d.GetIP(nil, reply) }
func (d *Driver) GetSSHPort(_ *Empty, reply *int) error        { *reply = 2222; return nil }
func (d *Driver) GetSSHUsername(_ *Empty, reply *string) error { *reply = "docker"; return nil }
func (d *Driver) GetSSHKeyPath(_ *Empty, reply *string) error {
	*reply = filepath.Join(d.state.StorePath, "machines", d.state.MachineName, "id_rsa")
	return nil
}
func (d *Driver) GetMachineName(_ *Empty, reply *string) error {
	*reply = d.state.MachineName
	return nil
}
func (d *Driver) DriverName(_ *Empty, reply *string) error { *reply = "probe"; return nil }

func main() {
	if os.Getenv("MACHINE_PLUGIN_TOKEN") != "42" {
		fmt.Fprintln(os.Stderr, "This is a Docker Machine plugin binary.")
		os.Exit(1)
	}
	// Who counts processes finds one file for each that was started.
	if folder := os.Getenv("PROBE_STARTED"); folder != "" {
		os.WriteFile(filepath.Join(folder, fmt.Sprint(os.Getpid())), []byte(os.Getenv("MACHINE_PLUGIN_DRIVER_NAME")), 0600)
	}
	switch how() {
	case "-dies":
		fmt.Fprintln(os.Stderr, "the licence has expired")
		os.Exit(3)
	case "-silent":
		time.Sleep(time.Hour)
	case "-words":
		fmt.Println("hello, I am a plugin \x1b[31m")
		time.Sleep(time.Hour)
	case "-elsewhere":
		fmt.Println("192.0.2.1:80")
		time.Sleep(time.Hour)
	}
	gob.RegisterName("*rpcdriver.RPCFlags", new(RPCFlags))
	gob.RegisterName("*mcnflag.IntFlag", new(IntFlag))
	gob.RegisterName("*mcnflag.StringFlag", new(StringFlag))
	gob.RegisterName("*mcnflag.StringSliceFlag", new(StringSliceFlag))
	gob.RegisterName("*mcnflag.BoolFlag", new(BoolFlag))
	driver := &Driver{beats: make(chan bool), ends: make(chan bool)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	if how() == "-garbage" {
		connection, _ := listener.Accept()
		fmt.Fprint(connection, "HTTP/1.0 200 Connected to Go RPC\n\n\xf7garbage, garbage, garbage")
		time.Sleep(time.Hour)
	}
	if how() == "-web" {
		http.Serve(listener, nil)
	}
	if how() == "-slow" {
		time.Sleep(500 * time.Millisecond)
	}
	rpc.RegisterName("RpcServerDriver", driver)
	if how() != "-v0" {
		rpc.RegisterName("RPCServerDriver", driver)
	}
	rpc.HandleHTTP()
	go http.Serve(listener, nil)
	for {
		select {
		case <-driver.ends:
			os.Exit(0)
		case <-driver.beats:
		case <-time.After(10 * time.Second):
			os.Exit(1)
		}
	}
}
