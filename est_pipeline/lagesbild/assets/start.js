document.documentElement.classList.add("med-skript");
