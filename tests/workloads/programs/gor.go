// gor: goroutines, channels, select, timers, locks, a sieve of goroutines, the garbage collector,
// JSON, SHA-256, big numbers, signals, TCP over loopback, exec. Arguments name the parts to run.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func sieve(n int) []int {
	ch := make(chan int)
	go func(o chan<- int) {
		for i := 2; ; i++ {
			o <- i
		}
	}(ch)
	var out []int
	for i := 0; i < n; i++ {
		p := <-ch
		out = append(out, p)
		next := make(chan int)
		go func(in <-chan int, o chan<- int, p int) {
			for {
				if i := <-in; i%p != 0 {
					o <- i
				}
			}
		}(ch, next, p)
		ch = next
	}
	return out
}

type node struct{ l, r *node }

func tree(d int) *node {
	if d == 0 {
		return &node{}
	}
	return &node{tree(d - 1), tree(d - 1)}
}
func (n *node) count() int {
	if n.l == nil {
		return 1
	}
	return 1 + n.l.count() + n.r.count()
}

func echoServer() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err.Error()
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				s := bufio.NewScanner(c)
				for s.Scan() {
					fmt.Fprintln(c, strings.ToUpper(s.Text()))
				}
				c.Close()
			}()
		}
	}()
	var wg sync.WaitGroup
	res := make([]string, 8)
	for i := range res {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				res[i] = err.Error()
				return
			}
			defer c.Close()
			r := bufio.NewReader(c)
			for k := 0; k < 20; k++ {
				fmt.Fprintf(c, "hello %d %d\n", i, k)
				s, _ := r.ReadString('\n')
				res[i] = strings.TrimSpace(s)
			}
		}(i)
	}
	wg.Wait()
	l.Close()
	return strings.Join(res, ",")
}

func main() {
	want := func(s string) bool {
		if len(os.Args) < 2 {
			return true
		}
		for _, a := range os.Args[1:] {
			if a == s {
				return true
			}
		}
		return false
	}
	if want("sum") {
		var total atomic.Int64
		var wg sync.WaitGroup
		for i := 0; i < 100; i++ {
			wg.Add(1)
			go func(i int) {
				defer wg.Done()
				for k := 0; k < 1000; k++ {
					total.Add(int64(i * k))
					if k%100 == 0 {
						runtime.Gosched()
					}
				}
			}(i)
		}
		wg.Wait()
		fmt.Println("sum", total.Load())
	}
	if want("sieve") {
		p := sieve(60)
		fmt.Println("sieve", p[len(p)-1], len(p))
	}
	if want("gc") {
		s := 0
		for i := 0; i < 8; i++ {
			s += tree(12).count()
			runtime.GC()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Println("gc", s, m.NumGC >= 8)
	}
	if want("json") {
		m := map[string]int{}
		for i := 0; i < 2000; i++ {
			m[fmt.Sprintf("k%04d", i*7919%2000)] = i
		}
		keys := make([]string, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		b, _ := json.Marshal(m)
		fmt.Printf("json %d %s %08x %x\n", len(b), keys[1234], crc32.ChecksumIEEE(b), sha256.Sum256(b))
	}
	if want("big") {
		f := big.NewInt(1)
		for i := int64(1); i <= 500; i++ {
			f.Mul(f, big.NewInt(i))
		}
		fmt.Printf("big %x\n", sha256.Sum256([]byte(f.String())))
	}
	if want("select") {
		t := time.NewTicker(2 * time.Millisecond)
		done := time.After(30 * time.Millisecond)
		n := 0
	L:
		for {
			select {
			case <-t.C:
				n++
			case <-done:
				break L
			}
		}
		fmt.Println("select", n > 2)
	}
	if want("signal") {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGUSR1)
		syscall.Kill(syscall.Getpid(), syscall.SIGUSR1)
		fmt.Println("signal", <-c)
	}
	if want("panic") {
		func() {
			defer func() { fmt.Println("panic", recover()) }()
			var p *int
			*p = 1
		}()
	}
	if want("net") {
		fmt.Println("net", echoServer())
	}
	if want("exec") {
		out, err := exec.Command(os.Args[0], "big").Output()
		fmt.Printf("exec %x %v\n", sha256.Sum256(out), err)
	}
}
