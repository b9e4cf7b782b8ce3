// An HTTP server and its clients in one process: `gohttp`. What it prints depends on nothing else.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sort"
	"strings"
	"sync"
	"time"
)

const clients, requests = 8, 10

func handlers() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello %s by %s\n", r.URL.Query().Get("name"), r.Method)
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("X-Length", fmt.Sprint(len(body)))
		w.Write(bytes.ToUpper(body))
	})
	mux.HandleFunc("/pieces", func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < 3; i++ {
			fmt.Fprintf(w, "piece %d\n", i)
			w.(http.Flusher).Flush()
			time.Sleep(time.Millisecond)
		}
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	})
	return mux
}

func get(client *http.Client, url string) string {
	answer, err := client.Get(url)
	if err != nil {
		return "error"
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return fmt.Sprintf("%s %s", answer.Status, strings.ReplaceAll(string(body), "\n", "|"))
}

// Many clients at once over kept connections: how many answers were right.
func crowd(base string) (right int) {
	var wait sync.WaitGroup
	var lock sync.Mutex
	for c := 0; c < clients; c++ {
		wait.Add(1)
		go func(c int) {
			defer wait.Done()
			client := &http.Client{Transport: &http.Transport{}}
			for r := 0; r < requests; r++ {
				name := fmt.Sprintf("c%dr%d", c, r)
				if get(client, base+"/hello?name="+name) == "200 OK hello "+name+" by GET|" {
					lock.Lock()
					right++
					lock.Unlock()
				}
			}
		}(c)
	}
	wait.Wait()
	return right
}

func serve(network, address string) {
	listener, err := net.Listen(network, address)
	if err != nil {
		fmt.Println("listen:", err)
		os.Exit(1)
	}
	server := &http.Server{Handler: handlers()}
	ended := make(chan error)
	go func() { ended <- server.Serve(listener) }()
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial(network, listener.Addr().String())
	}}
	client := &http.Client{Transport: transport}
	base := "http://server"
	if network == "tcp" {
		base = "http://" + listener.Addr().String()
	}
	fmt.Println(network, get(client, base+"/hello?name=go"))
	body := strings.Repeat("body ", 50000)
	answer, err := client.Post(base+"/echo", "text/plain", strings.NewReader(body))
	if err != nil {
		fmt.Println("post:", err)
		os.Exit(1)
	}
	echoed, _ := io.ReadAll(answer.Body)
	fmt.Println("echo", answer.Header.Get("X-Length"), string(echoed) == strings.ToUpper(body))
	fmt.Println(get(client, base+"/pieces"))
	fmt.Println(get(client, base+"/none"))
	if network == "tcp" {
		fmt.Println("crowd", crowd(base), "of", clients*requests)
	}
	quick, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	request, _ := http.NewRequestWithContext(quick, "GET", base+"/slow", nil)
	_, err = client.Do(request)
	fmt.Println("timed out:", err != nil && quick.Err() == context.DeadlineExceeded)
	cancel()
	transport.CloseIdleConnections()
	late, done := context.WithTimeout(context.Background(), 5*time.Second)
	defer done()
	fmt.Println("shut down:", server.Shutdown(late), <-ended == http.ErrServerClosed)
	_, err = net.Dial(network, listener.Addr().String())
	fmt.Println("refused:", err != nil)
}

func main() {
	serve("tcp", "127.0.0.1:0")
	serve("unix", "@gohttp")
	var names []string
	interfaces, err := net.Interfaces()
	for _, i := range interfaces {
		names = append(names, i.Name)
	}
	sort.Strings(names)
	fmt.Println(strings.Contains(strings.Join(names, " "), "lo"), err)
}
