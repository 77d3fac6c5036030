//! A container with this machine's systemd as its first process, and the units of a test.

use std::fs;
use std::os::unix::fs::symlink;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::build::static_healthprobe;
use crate::support::engine::Container;
use crate::support::files::writable_folder;
use crate::support::machine::{Machine, exec};
use crate::support::{DEADLINE, Finished, Folder, program, source, without_times};

/// A running systemd with the units.
pub struct System {
    container: Container,
    pub folder: Folder,
    _machine: Machine,
}

impl System {
    /// `None` if there is no engine, Python or systemd for it; prints that.
    pub fn boot(model: &str, probe: &str, timer: &str) -> Option<Self> {
        program("systemd-analyze")?;
        let machine = Machine::build()?;
        let folder = Folder::new("system");
        let units = writable_folder(&folder, "units");
        for (name, text) in [
            ("model.service", model),
            ("model-probe.service", probe),
            ("model-probe.timer", timer),
            // A unit that requires the model.
            (
                "client.service",
                "[Unit]\nRequires=model.service\nAfter=model.service\n[Service]\nType=oneshot\n\
                ExecStart=/usr/local/bin/healthprobe :8000/predict/sample\n",
            ),
        ] {
            fs::write(units.join(name), text).unwrap();
        }
        // Masks this machine's units, except systemd's own.
        for entry in fs::read_dir("/usr/lib/systemd/system").unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let is_unit = [".service", ".socket", ".timer", ".mount"]
                .iter()
                .any(|kind| name.ends_with(kind));
            let is_own = name.starts_with("systemd-journald") || name == "tmp.mount";
            if is_unit && !is_own {
                symlink("/dev/null", units.join(name)).unwrap();
            }
        }
        let programs = writable_folder(&folder, "programs");
        fs::copy(static_healthprobe(), programs.join("healthprobe")).unwrap();
        let model = writable_folder(&folder, "model");
        fs::create_dir(units.join("model.service.d")).unwrap();
        let weights =
            "[Service]\nEnvironment=MODEL_FILE=/weights/model.json MODEL_POLL_SECONDS=0.05\n";
        fs::write(units.join("model.service.d/weights.conf"), weights).unwrap();
        let further: Vec<String> = [
            format!("--volume={}:/etc/systemd/system", units.display()),
            format!("--volume={}:/usr/local/bin:ro", programs.display()),
            format!("--volume={}:/weights", model.display()),
            "--network=none".to_owned(),
            "--tmpfs=/run".to_owned(),
            "--tmpfs=/tmp".to_owned(),
            "--cgroupns=private".to_owned(),
            // systemd mounts file systems, also for its services.
            "--cap-add=SYS_ADMIN".to_owned(),
            "--security-opt=seccomp=unconfined".to_owned(),
            "--security-opt=apparmor=unconfined".to_owned(),
            "--env=container=docker".to_owned(),
        ]
        .into();
        let start =
            "mount -o remount,rw /sys/fs/cgroup; exec /lib/systemd/systemd --unit=basic.target";
        let container = Container::start(
            &machine.image,
            &machine.options(&further),
            &["/bin/sh", "-c", start],
        );
        let system = Self {
            container,
            folder,
            _machine: machine,
        };
        system.wait_until("it has booted", || {
            system.run("systemctl is-system-running --wait").text == "running\n"
        });
        Some(system)
    }

    pub fn run(&self, command: &str) -> Finished {
        exec(
            self.container.name(),
            &["/bin/sh".into(), "-c".into(), command.into()],
        )
    }

    pub fn put_model(&self) {
        let model = source("examples/fastapi/model.json");
        fs::copy(model, self.folder.0.join("model/model.json")).unwrap();
    }

    /// A property of a unit, from `systemctl show`.
    pub fn show(&self, unit: &str, property: &str) -> String {
        let ended = self.run(&format!(
            "systemctl show --value --property={property} {unit}"
        ));
        ended.text.trim().to_owned()
    }

    pub fn journal(&self, unit: &str) -> String {
        without_times(
            &self
                .run(&format!("journalctl --output=cat --no-pager --unit={unit}"))
                .text,
        )
    }

    #[track_caller]
    pub fn wait_until(&self, what: &str, is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !is_so() {
            assert!(
                Instant::now() < deadline,
                "never: {what}\n{}",
                self.run("journalctl --no-pager --lines=40").text
            );
            thread::sleep(Duration::from_millis(50));
        }
    }
}
