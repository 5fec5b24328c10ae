def page(sides, title, made):
    return ""
