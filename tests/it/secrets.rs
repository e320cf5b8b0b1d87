//! No secret is printed, logged or saved.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    thread,
};

use crate::shell::{Ended, Shell, discoveries};

const PASSWORD: &str = "fixture-password";
/// `admin:fixture-password`, Base64-encoded.
const BASIC: &str = "YWRtaW46Zml4dHVyZS1wYXNzd29yZA==";
const TOKEN: &str = "fixture-token";
const MASK: &str = "NO!$DATA!$";

/// A world with unmasked secrets.
const WORLD: &str = r#"{"discoveries": [
    {"id": "7", "name": "d-00000", "discoveryType": "CIDR", "ipAddressList": "10.9.0.0/24",
     "discoveryStatus": "Inactive", "discoveryCondition": "Complete",
     "enablePasswordList": "fixture-enable", "passwordList": "fixture-list",
     "snmpRoCommunity": "fixture-community", "snmpAuthPassphrase": "fixture-auth",
     "snmpPrivPassphrase": "fixture-priv", "globalCredentialIdList": ["c1"]}],
    "credentials": {"cliCredential": [{"id": "c1", "description": "netops", "username": "netops",
     "password": "fixture-cli", "enablePassword": "fixture-cli-enable"}],
     "snmpV3": [{"id": "c2", "description": "core", "username": "monitor",
     "authPassword": "fixture-v3", "privacyPassword": "fixture-v3-privacy"}]}}"#;

fn shell() -> Shell {
    let shell = Shell::new().with("CC_PASSWORD", PASSWORD).with("TRUEUP_LOG", "trace");
    shell.file("password", PASSWORD);
    shell
}

fn assert_clean(what: &str, text: &str) {
    for secret in ["fixture-", BASIC, MASK] {
        assert!(!text.contains(secret), "{what} has {secret}: {text}");
    }
}

fn assert_all_clean(line: &str, ended: &Ended) {
    let Ended { code: _, out, err } = ended;
    assert_clean(&format!("stdout of {line}"), out);
    assert_clean(&format!("stderr of {line}"), err);
}

/// A controller that accepts every login and then answers every request with these bytes.
fn controller(token: &'static str, answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // The thread ends with the process.
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 4_096];
            let n = stream.read(&mut head).unwrap();
            let is_login = String::from_utf8_lossy(&head[..n]).contains("/auth/token");
            let body = if is_login { token } else { answer };
            let n = body.len();
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {n}\r\nconnection: close\r\n\r\n")
                .and_then(|()| stream.write_all(body.as_bytes()))
                .ok();
        }
    });
    url
}

#[test]
fn no_command_prints_a_secret_whatever_fails() {
    let shell = shell();
    shell.file("world.json", WORLD);
    let lines = [
        "plan",
        "plan --show all",
        "plan --format html",
        "plan --format terraform-json",
        "plan --format markdown",
        "status",
        "status --format json",
        "apply --auto-approve --task-time 1ms",
        "apply --auto-approve --task-time 1ms --fault edit=cut --fault task=html",
        "plan --fault list@*=html --quirk null_style=null",
        "plan --fault token@*=cut",
        "plan --fault credentials@*=cut",
        "plan --fault list@*=cut",
        "plan --fault get@*=null --rerun d-00000",
    ];
    for line in lines {
        let ended = shell.run(&format!("{line} --simulate=world.json"));
        assert!(ended.err.contains(" DEBUG "), "{line}: {ended:#?}");
        assert_all_clean(line, &ended);
    }
    for line in lines {
        let sarif = "--annotations sarif=trueup.sarif";
        if line.starts_with("status") {
            continue;
        }
        let line = format!("{line} --simulate=world.json --annotations github {sarif}");
        let ended = shell.run(&line);
        assert_all_clean(&line, &ended);
        let document = std::fs::read_to_string(shell.path("trueup.sarif")).unwrap();
        assert_clean(&format!("the document of {line}"), &document);
        assert!(document.contains("\"version\": \"2.1.0\""), "{line}: {document}");
    }
    let saved = std::fs::read_to_string(shell.path("world.json")).unwrap();
    assert!(!saved.contains(PASSWORD) && !saved.contains(BASIC), "{saved}");
}

#[test]
fn neither_client_nor_simulator_prints_the_password() {
    let shell = shell();
    let server = shell.simulator("--state saved.json --task-time 1ms");
    let shell = shell.with("CC_URL", server.url.clone());
    let lines = ["plan", "apply --auto-approve", "status", "plan --username nobody"];
    for line in lines {
        assert_all_clean(line, &shell.run(line));
        assert_all_clean(line, &shell.run(&format!("{line} --password-file password")));
    }
    let (status, rest) = server.end("TERM");
    assert!(status.success(), "{rest}");
    assert_clean("stdout of the simulator", &rest);
    let saved = std::fs::read_to_string(shell.path("saved.json")).unwrap();
    assert!(saved.contains("d-00000") && !saved.contains("fixture-"), "{saved}");
}

#[test]
fn the_token_is_never_printed() {
    let answers = ["no", "{\"response\": null}", "<html>"];
    for answer in answers {
        let shell = shell().with("CC_URL", controller(r#"{"Token": "fixture-token"}"#, answer));
        for line in ["plan", "status"] {
            let ended = shell.expect(1, line);
            assert!(ended.err.contains("/discovery/"), "{ended:#?}");
            assert_all_clean(line, &ended);
        }
    }
}

#[test]
fn an_unreadable_login_answer_is_not_printed() {
    for odd in [r#"{"tokn": "fixture-token"}"#, r#"{"Token": "fixture-token"#, TOKEN] {
        let shell = shell().with("CC_URL", controller(odd, ""));
        let ended = shell.expect(1, "status");
        assert!(ended.err.contains("/auth/token"), "{ended:#?}");
        assert_all_clean(odd, &ended);
    }
}

#[test]
fn secret_arguments_and_settings_are_not_echoed() {
    let shell = shell();
    let url = format!("https://admin:{PASSWORD}@127.0.0.1:9");
    let lines = [format!("status --controller {url}"), "plan --password-file none".to_owned()];
    for line in lines {
        let ended = shell.expect(4, &line);
        assert_all_clean(&line, &ended);
    }
    let text = format!("controller: {url}\n{}", discoveries(1));
    shell.file("discoveries.yaml", &text);
    let ended = shell.expect(4, "validate");
    assert!(ended.err.contains("user or a password"), "{ended:#?}");
    let ended = shell.expect(4, "validate --annotations github --annotations sarif");
    assert!(ended.out.contains("user or a password"), "{ended:#?}");
    assert_all_clean("annotations", &ended);
    let proxied = shell.with("CC_URL", "https://127.0.0.1:9");
    let proxied = proxied.with("HTTPS_PROXY", format!("http://u:{PASSWORD}@[bad"));
    proxied.file("discoveries.yaml", &discoveries(1));
    assert_all_clean("a bad proxy", &proxied.run("status --controller https://x.invalid"));
}

#[test]
fn a_login_in_a_url_is_refused_and_not_echoed() {
    let shell = shell();
    let logins = ["admin:fixture-inline@", "fixture-inline@", "admin:fixture-inline%40x@"];
    let mut urls = vec!["https://127.0.0.1:9/?token=fixture-inline".to_owned()];
    for login in logins {
        for scheme in ["https://", "HTTPS://", "http://", "ftp://", "https:", ""] {
            for rest in ["127.0.0.1:9", "catalyst.example.com/path", "[bad"] {
                urls.push(format!("{scheme}{login}{rest}"));
            }
        }
    }
    for url in &urls {
        assert_all_clean(url, &shell.expect(4, &format!("status --controller {url}")));
    }
    for url in urls.iter().filter(|it| it.contains("https://admin")) {
        shell.file("discoveries.yaml", &format!("controller: {url}\n{}", discoveries(1)));
        let lines = [
            "validate",
            "plan",
            "apply --auto-approve",
            "validate --format json",
            "validate --annotations github --annotations sarif",
        ];
        for line in lines {
            assert_all_clean(url, &shell.expect(4, line));
        }
    }
    shell.file("discoveries.yaml", &discoveries(1));
    let shell = shell.with("CC_URL", "https://admin:fixture-inline@127.0.0.1:9");
    for line in ["status", "plan", "apply --auto-approve"] {
        assert_all_clean("CC_URL", &shell.expect(4, line));
    }
}

#[test]
fn a_symlink_out_of_the_folder_is_refused() {
    let shell = shell();
    std::fs::remove_file(shell.path("discoveries.yaml")).unwrap();
    std::fs::create_dir_all(shell.path(".git")).unwrap();
    std::fs::create_dir_all(shell.path("state/..data")).unwrap();
    std::fs::create_dir_all(shell.path("elsewhere")).unwrap();
    shell.file(".git/config.yaml", "header: fixture-token");
    shell.file("elsewhere/hosts.yml", "oauth: fixture-token");
    shell.file("state/..data/d.yaml", &discoveries(1));
    let targets = [
        "/proc/self/environ",
        "password",
        "./password",
        ".git/config.yaml",
        ".git",
        "../../../../../../../../proc/self/environ",
    ];
    let relink = |target: &str, link: &str| {
        std::fs::remove_file(shell.path(link)).ok();
        std::os::unix::fs::symlink(target, shell.path(link)).unwrap();
    };
    for target in targets {
        relink(target, "discoveries.yaml");
        for line in ["validate", "plan --simulate", "validate -f discoveries.yaml/"] {
            let ended = shell.expect(4, line);
            assert!(
                ended.err.contains("is a link that leads out of its folder"),
                "{target}: {ended:#?}"
            );
            assert_all_clean(target, &ended);
        }
    }
    for target in ["../elsewhere", "../elsewhere/hosts.yml"] {
        relink(target, "state/d.yaml");
        assert_all_clean(target, &shell.expect(4, "validate -f state/d.yaml"));
    }
    // A target in the same folder is allowed, as is the layout of a Kubernetes mount.
    relink("..data/d.yaml", "state/d.yaml");
    assert_eq!(shell.expect(0, "validate -f state/d.yaml").out, "");
}

#[test]
fn the_proxy_password_goes_only_to_the_proxy() {
    let answers = [
        "",
        "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
        "no HTTP at all\r\n\r\n",
    ];
    // In parallel, because each is retried for a while.
    thread::scope(|scope| {
        for answer in answers {
            scope.spawn(|| connect_through_proxy(answer));
        }
    });
}

/// Connects through a proxy that needs a password and answers like this.
fn connect_through_proxy(answer: &'static str) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://proxy:fixture-proxy@{}", listener.local_addr().unwrap());
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 4_096];
        let n = stream.read(&mut head).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&head[..n]).into_owned()
    });
    let shell = shell().with("HTTPS_PROXY", proxy);
    let ended = shell.expect(9, "status --controller https://catalyst.example.invalid");
    let asked = asked.join().unwrap();
    // `proxy:fixture-proxy`, Base64-encoded.
    let secret = "cHJveHk6Zml4dHVyZS1wcm94eQ==";
    assert!(asked.to_lowercase().contains("proxy-authorization") && asked.contains(secret));
    assert!(!asked.contains(BASIC), "{asked}");
    assert_all_clean(answer, &ended);
    assert!(!ended.err.contains(secret) && !ended.err.contains("proxy:"), "{ended:#?}");
}

#[test]
fn only_the_wire_code_reads_the_value_of_a_secret() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut pending = vec![src.clone()];
    let mut found = Vec::new();
    while let Some(dir) = pending.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            if text.contains(".for_the_wire()") {
                found.push(path.strip_prefix(&src).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    assert_eq!(found, ["api/login.rs", "api/wire.rs"]);
}

#[test]
fn the_examples_contain_no_password() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut n_files = 0;
    for entry in std::fs::read_dir(examples).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            n_files += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(!text.to_lowercase().contains("password"), "{}", path.display());
        }
    }
    assert!(0 < n_files);
}
